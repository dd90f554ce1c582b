import { parseDuration } from '../../core/duration.ts';
import { fail } from '../../core/errors.ts';

/** `earliest`, a duration before now, or a time in ISO 8601, as milliseconds since the epoch. @throws USAGE */
export const sinceOf = (from: string, now: number): number | undefined => {
  if (from === 'earliest') return undefined;
  if (/^\d+(?:\.\d+)?(?:ms|s|m|h|d)$/.test(from)) return now - parseDuration(from, '--from');
  const time = /^\d{4}-/.test(from) ? Date.parse(from) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw fail('USAGE', '--from is not a time', {
    expected: 'earliest, a duration such as 2h, or a time such as 2026-11-20T10:00Z',
    got: from,
  });
};
