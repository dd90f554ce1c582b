import { fail } from './errors.ts';

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** How a duration is written, for JSON Schemas. */
export const DURATION_PATTERN = '^[0-9]+(?:\\.[0-9]+)?(?:ms|s|m|h|d)$';

/**
 * The milliseconds of a text such as `250ms`, `10s`, `1.5m`, `2h` or `7d`.
 *
 * @throws MillraceError BAD_PROJECT, naming `field`.
 */
export const parseDuration = (text: string, field: string): number => {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  if (number !== undefined && unit !== undefined) return Number(number) * units[unit as keyof typeof units];
  throw fail('BAD_PROJECT', `'${field}' is not a duration`, {
    field,
    expected: 'such as 250ms, 10s, 2h or 7d',
    got: text,
  });
};
