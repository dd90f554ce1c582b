/** What the reading of every kind of field shares. docs/VALIDATION.md states every decision. */
import { type Code, type Problem, show } from './errors.ts';

/** Reads a value or says what is wrong with it. A missing value is NaN or null, and only where the field allows it. */
export type Read<T> = (value: unknown) => T | Problem;
export const isProblem = (value: unknown): value is Problem => typeof value === 'object' && value !== null;

/** A maker of problems for one field: the field's name and wish are the same for each. `got` is in words already. */
export type Complain = (code: Code, value: unknown, got?: string) => Problem;

/** How a value that is refused would be let through: by `coerce`, or written in another way. */
export interface Leniency {
  /** "as a number": CSV has text for everything, Parquet and JSON have types. */
  readonly writeAs: string;
  /** Makes the reader with `coerce`; asked for when a value is refused for the first time. */
  readonly lenient: () => Read<unknown>;
}

/** `expected` is what the field wants, in words. */
export const complaintsOf = (name: string, expected: string, leniency?: Leniency): Complain => {
  let coerced: Read<unknown> | undefined;
  const hintOf = (code: Code, value: unknown): string => {
    if (code === 'NULL_VALUE') return ' (nullable: true in model.yaml would let missing values through)';
    if (code !== 'WRONG_TYPE' || leniency === undefined) return '';
    coerced ??= leniency.lenient();
    return isProblem(coerced(value)) ? '' : ` (write it ${leniency.writeAs}, or set coerce: true in model.yaml)`;
  };
  return (code, value, got = show(value)) => {
    const hint = hintOf(code, value);
    return { code, field: name, expected, got, message: `${name}: expected ${expected}, got ${got}${hint}.` };
  };
};

/** NaN for a missing value where the field is nullable. */
export const missing = (nullable: boolean | undefined, value: unknown, complain: Complain): number | Problem =>
  nullable ? Number.NaN : complain(value === undefined ? 'MISSING_FIELD' : 'NULL_VALUE', value);

const numeral = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
/** The number that a decimal numeral stands for (blanks around it do not count), or undefined for any other text. */
export const parseNumeral = (text: string): number | undefined => {
  const trimmed = text.trim();
  return numeral.test(trimmed) ? Number(trimmed) : undefined;
};

/** What CSV files write for "no value". */
const blanks = new Set(['', 'NA', 'N/A', 'NaN', 'nan', 'null', 'NULL', 'None']);
export const isBlank = (value: unknown): boolean => typeof value === 'string' && blanks.has(value.trim());

/** Runtimes and databases cut a text at U+0000, and put another character in place of half a surrogate pair. */
export const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0');
