/** When a deployment is due: cron's words, read by croner, in a time zone. */
import { Cron } from 'croner';
import { fail, messageOf } from '../../core/errors.ts';

export interface Schedule {
  /** The first tick after an instant (ms since the epoch). */
  after(instant: number): number;
  /** All ticks in (from, to], or the last `most` of them. */
  between(from: number, to: number, most: number): readonly number[];
}

/** @throws MillraceError BAD_PROJECT for a text that is no schedule, or that never comes. */
export const readSchedule = (text: string, zone: string, field: string): Schedule => {
  const bad = (why: string) =>
    fail('BAD_PROJECT', `${field}: ${JSON.stringify(text)} is not a schedule: ${why}`, {
      field,
      expected: 'five fields as cron has them: minute, hour, day of the month, month, day of the week',
      got: text,
    });
  let cron: Cron;
  try {
    cron = new Cron(text, { timezone: zone, paused: true });
  } catch (error) {
    throw bad(messageOf(error).replace(/^CronPattern: /, ''));
  }
  const next = (instant: number): number | undefined => cron.nextRun(new Date(instant))?.getTime();
  if (next(Date.now()) === undefined) throw bad('it never comes');
  const after = (instant: number): number => {
    const tick = next(instant);
    if (tick === undefined) throw bad('it comes no more');
    return tick;
  };
  return {
    after,
    between(from, to, most) {
      const ticks: number[] = [];
      for (let tick = after(from); tick <= to; tick = after(tick)) {
        ticks.push(tick);
        if (ticks.length > most) ticks.shift();
      }
      return ticks;
    },
  };
};
