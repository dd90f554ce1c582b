/** What must not be closed while something uses it. */
import { fail } from './errors.ts';

export interface Gate {
  /** Runs a call; what is behind the gate stays open until it ends. @throws MillraceError UNAVAILABLE once the gate is closing. */
  through<T>(call: () => Promise<T>): Promise<T>;
  /** Waits for the calls under way, then closes what is behind the gate, once. */
  close(): Promise<void>;
}

export const createGate = (what: string, closeBehind: () => Promise<void>): Gate => {
  let underWay = 0;
  let closing: Promise<void> | undefined;
  let onIdle = () => {};
  const closeWhenIdle = async (): Promise<void> => {
    if (underWay > 0) {
      await new Promise<void>((resolve) => {
        onIdle = resolve;
      });
    }
    await closeBehind();
  };
  return {
    async through(call) {
      if (closing) throw fail('UNAVAILABLE', `${what} is closed.`);
      underWay++;
      try {
        return await call();
      } finally {
        underWay--;
        if (underWay === 0) onIdle();
      }
    },
    close() {
      closing ??= closeWhenIdle();
      return closing;
    },
  };
};
