/** What is asked of the thread that writes records: each question has its answer, and no more wait than may. */
import { MillraceError as Failure, fail, type Problem } from '../core/errors.ts';
import type { Kept } from './records.ts';
import { type FromThread, noWriter, type ToThread, type Writer } from './writer.ts';

export interface Asking {
  /** @throws MillraceError STORE_FAILED; what `Records.find` and `Records.label` throw */
  ask(make: (ask: number) => ToThread): Promise<Kept | undefined>;
  hear(message: Extract<FromThread, { ask: number }>): void;
  /** Work that somebody waits for: a thread that gives way does so no more when it takes long. @throws MillraceError UNAVAILABLE */
  urgently<T>(work: () => Promise<T>): Promise<T>;
  /** The thread has ended. */
  lost(): void;
}

/** Milliseconds that somebody may wait before the thread no longer gives way. */
const PATIENCE_MS = 200;
/** Records that may be asked for at a time. */
const MOST_ASKING = 1000;

/** What a caller may hear: of a database that fails, not which one, where, and how. */
const told = (problem: Problem): Failure =>
  /^(?:STORE_FAILED|DISK_FULL|READ_ONLY)$/.test(problem.code)
    ? fail('STORE_FAILED', 'The database of the records does not answer as it should; try again a little later.')
    : new Failure(problem);

export const createAsking = (writer: () => Pick<Writer, 'alive' | 'say' | 'hurry'>): Asking => {
  const asked = new Map<number, { resolve(found: Kept | undefined): void; reject(error: Error): void }>();
  let numbers = 0;
  let waiting = 0;
  let impatient: NodeJS.Timeout | undefined;
  let hurried = false;

  const calm = (): void => {
    clearTimeout(impatient);
    impatient = undefined;
    if (hurried) writer().hurry(false);
    hurried = false;
  };
  return {
    ask(make) {
      if (!writer().alive) return Promise.reject(noWriter());
      return new Promise((resolve, reject) => {
        const number = ++numbers;
        asked.set(number, { resolve, reject });
        writer().say(make(number));
      });
    },
    hear(message) {
      const one = asked.get(message.ask);
      asked.delete(message.ask);
      if ('problem' in message) one?.reject(told(message.problem));
      else one?.resolve(message.found);
    },
    async urgently(work) {
      if (waiting >= MOST_ASKING) {
        throw fail('UNAVAILABLE', 'Too many records are asked for; try again a little later.', {
          expected: `at most ${MOST_ASKING} at a time`,
        });
      }
      waiting++;
      impatient ??= setTimeout(() => {
        hurried = true;
        writer().hurry(true);
      }, PATIENCE_MS).unref();
      try {
        return await work();
      } finally {
        waiting--;
        if (waiting === 0) calm();
      }
    },
    lost() {
      for (const { reject } of asked.values()) reject(noWriter());
      asked.clear();
    },
  };
};
