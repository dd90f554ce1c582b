/** What a column of the preparation is in C. */
import type { Dtype } from '../../core/types.ts';
import type { CText, Draft } from './draft.ts';
import { double } from './text.ts';

export type CColumn =
  /** A variable of type double; NAN is missing. */
  | { readonly type: 'number'; readonly name: string }
  | { readonly type: 'string'; readonly text: CText }
  /** An array, or texts one by one. */
  | { readonly type: 'tensor'; readonly dtype: Dtype; readonly size: number; readonly name: string }
  | { readonly type: 'texts'; readonly texts: readonly CText[] };

/** Whether a text is missing, as an expression. */
export const isMissing = ({ name }: CText): string => `${name}[0] == 0`;
export const pieces = ({ name, pieces: count }: CText): readonly string[] =>
  Array.from({ length: count }, (_, at) => `${name}[${at}]`);

const ranges: Readonly<Record<string, readonly [least: string, most: string]>> = {
  int8: ['-128.0', '127.0'],
  uint8: ['0.0', '255.0'],
  int16: ['-32768.0', '32767.0'],
  uint16: ['0.0', '65535.0'],
  int32: ['-2147483648.0', '2147483647.0'],
  uint32: ['0.0', '4294967295.0'],
  int64: [double(Number.MIN_SAFE_INTEGER), double(Number.MAX_SAFE_INTEGER)],
  bool: ['0.0', '1.0'],
};

/** How a number that an integer type does not hold is refused: for being missing, for its fraction, for its size. */
export interface Refusals {
  readonly missing: string;
  readonly fraction: string;
  readonly range: string;
  /** What is named. */
  readonly what: string;
}

/** Lines that refuse a number that does not fit a type. */
export const checkFits = (draft: Draft, name: string, dtype: Dtype, refusals: Refusals): void => {
  const range = ranges[dtype];
  if (range === undefined) return;
  const { missing, fraction, range: outside, what } = refusals;
  const whole = dtype === 'bool' ? outside : fraction;
  draft.line(
    `if (${name} != ${name}) ${draft.refusal(missing, what)}`,
    `if (floor(${name}) != ${name}) ${draft.refusal(whole, what)}`,
    `if (${name} < ${range[0]} || ${name} > ${range[1]}) ${draft.refusal(outside, what)}`,
  );
};
