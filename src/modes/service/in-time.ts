/** Work whose caller waits only so long. */
import type { MillraceError } from '../../core/errors.ts';
import { timerMs } from '../../threads/ended.ts';

/**
 * What the work comes to, or the error once the deadline has passed, on the clock of `performance.now()`; the work goes on.
 *
 * @throws what `late` makes
 */
export const inTime = async <T>(work: Promise<T>, deadline: number, late: () => MillraceError): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(late()), timerMs(deadline - performance.now()));
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
};
