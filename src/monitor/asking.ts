/** What somebody waits for of the thread that writes records: no more at a time than may, and none waits for its idle hours. */
import { fail } from '../core/errors.ts';
import type { Writer } from './writer.ts';

export interface Asking {
  /** Work that somebody waits for: a thread that gives way does so no more when it takes long. @throws MillraceError UNAVAILABLE */
  urgently<T>(work: () => Promise<T>): Promise<T>;
}

/** Milliseconds that somebody may wait before the thread no longer gives way. */
const PATIENCE_MS = 200;
/** Records that may be asked for at a time. */
const MOST_ASKING = 1000;

export const createAsking = (writer: () => Pick<Writer, 'hurry'>): Asking => {
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
  };
};
