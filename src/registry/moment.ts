import { fail, show } from '../core/errors.ts';

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MOMENT = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

/**
 * A day means its last moment in UTC: that is what the environment pointed at when the day was over.
 *
 * @throws USAGE, naming the option that it stands behind
 */
export const readMoment = (text: string, option: string): Date => {
  const [date, time] = DAY.test(text) ? [text, `${text}T23:59:59.999Z`] : [MOMENT.exec(text)?.[1], text];
  const read = new Date(time);
  const exists = date !== undefined && new Date(`${date}T00:00Z`).toJSON()?.startsWith(date);
  if (exists && !Number.isNaN(read.getTime())) return read;
  throw fail('USAGE', `${show(text)} is not a date`, {
    field: option,
    expected: 'a day (2026-11-01) or a time with its zone (2026-11-01T12:00Z, 2026-11-01T14:00+02:00)',
    got: show(text),
  });
};

/** As `readMoment`; a day means its first moment in UTC: that is when its rows begin. @throws USAGE */
export const readBegin = (text: string, option: string): Date => {
  const moment = readMoment(text, option);
  return DAY.test(text) ? new Date(`${text}T00:00Z`) : moment;
};
