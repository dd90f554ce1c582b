/** How the answers of two versions to the same rows differ: by field, and by parts of the rows. */

import type { Answer } from '../core/types.ts';
import { isChanged } from '../monitor/comparison/changed.ts';
import { exactJson } from '../text/exact-json.ts';

/** What both answered to one row. */
export interface PairedAnswers {
  readonly before: Answer;
  readonly now: Answer;
}

/** Of numbers, now less before. */
export interface NumberDifference {
  readonly mean: number;
  readonly mean_absolute: number;
  readonly p95_absolute: number;
  readonly largest: number;
}

export interface FieldDifference {
  readonly field: string;
  /** Rows that both answered; those whose answer has changed. */
  readonly rows: number;
  readonly changed: number;
  /** Of fields whose values are numbers. */
  readonly numbers?: NumberDifference;
  /** Of others, what became what, the most frequent first. */
  readonly moves?: readonly { readonly before: string; readonly now: string; readonly rows: number }[];
}

export interface PartDifference {
  readonly by: string;
  readonly value: string;
  readonly rows: number;
  /** Rows of it of which any field has changed, and that one of the two refuses. */
  readonly changed: number;
  readonly refused: number;
  /** Of fields whose values are numbers, how much higher they are on average. */
  readonly means: Readonly<Record<string, number>>;
}

export interface AnswersDiff {
  readonly rows: number;
  /** Rows of which any field has changed. */
  readonly changed: number;
  /** Rows that only one of the two refuses, by the code of what was refused. */
  readonly refused_now: Readonly<Record<string, number>>;
  readonly answered_now: Readonly<Record<string, number>>;
  readonly refused_by_both: number;
  readonly fields: readonly FieldDifference[];
  /** The most changed first. */
  readonly parts: readonly PartDifference[];
}

/** Rows in parts: `places` has one place among `values` a row. */
export interface Parting {
  readonly by: string;
  readonly values: readonly string[];
  readonly places: ArrayLike<number>;
}

const MOST_MOVES = 20;
const MOST_LETTERS = 80;

type Output = Readonly<Record<string, unknown>>;

const isNumber = (value: unknown): value is number => typeof value === 'number';

const numbersOf = (differences: readonly number[]): NumberDifference => {
  const sizes = Float64Array.from(differences, Math.abs).sort();
  const sum = (values: Iterable<number>): number => [...values].reduce((all, value) => all + value, 0);
  return {
    mean: sum(differences) / differences.length,
    mean_absolute: sum(sizes) / sizes.length,
    p95_absolute: sizes[Math.ceil(0.95 * sizes.length) - 1],
    largest: sizes[sizes.length - 1],
  };
};

const wordOf = (value: unknown): string => {
  const text = typeof value === 'string' ? value : exactJson(value ?? null);
  return text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS)}…` : text;
};

const fieldDifference = (field: string, rows: readonly (readonly [before: Output, now: Output])[]): FieldDifference => {
  const pairs = rows.map(([before, now]) => [before[field], now[field]] as const);
  const changed = pairs.filter(([before, now]) => isChanged(before, now));
  const differences = pairs.flatMap(([before, now]) => (isNumber(before) && isNumber(now) ? [now - before] : []));
  const found = { field, rows: rows.length, changed: changed.length };
  if (differences.length > 0) return { ...found, numbers: numbersOf(differences) };
  const counts = new Map<string, { before: string; now: string; rows: number }>();
  for (const [before, now] of changed) {
    const move = { before: wordOf(before), now: wordOf(now) };
    const key = JSON.stringify(move);
    counts.set(key, { ...move, rows: (counts.get(key)?.rows ?? 0) + 1 });
  }
  const moves = [...counts.values()].sort((a, b) => b.rows - a.rows).slice(0, MOST_MOVES);
  return { ...found, moves };
};

const countCodes = (rows: readonly PairedAnswers[], side: 'before' | 'now'): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  const other = side === 'now' ? 'before' : 'now';
  for (const row of rows) {
    const { error } = row[side];
    if (error !== undefined && row[other].error === undefined) counts[error.code] = (counts[error.code] ?? 0) + 1;
  }
  return counts;
};

/** Undefined of a row that either refuses. */
const outputsOf = ({ before, now }: PairedAnswers): readonly [Output, Output] | undefined =>
  before.output === undefined || now.output === undefined ? undefined : [before.output, now.output];

const pairsOf = (rows: readonly PairedAnswers[]): readonly (readonly [Output, Output])[] =>
  rows.flatMap((row) => {
    const pair = outputsOf(row);
    return pair === undefined ? [] : [pair];
  });

const isMoved = (row: PairedAnswers, fields: readonly string[]): boolean => {
  const both = outputsOf(row);
  return both !== undefined && fields.some((field) => isChanged(both[0][field], both[1][field]));
};

const isOneSided = ({ before, now }: PairedAnswers): boolean =>
  (before.error === undefined) !== (now.error === undefined);

const partsOf = (
  rows: readonly PairedAnswers[],
  fields: readonly FieldDifference[],
  { by, values, places }: Parting,
): readonly PartDifference[] => {
  const names = fields.map(({ field }) => field);
  return values.flatMap((value, place) => {
    const own = rows.filter((_, row) => places[row] === place);
    if (own.length === 0) return [];
    const means = fields.flatMap(({ field, numbers }): (readonly [string, number])[] => {
      if (numbers === undefined) return [];
      const differences = pairsOf(own).flatMap(([before, now]) => {
        const [then, value] = [before[field], now[field]];
        return isNumber(then) && isNumber(value) ? [value - then] : [];
      });
      return differences.length === 0 ? [] : [[field, numbersOf(differences).mean]];
    });
    const changed = own.filter((row) => isMoved(row, names)).length;
    const refused = own.filter(isOneSided).length;
    return [{ by, value, rows: own.length, changed, refused, means: Object.fromEntries(means) }];
  });
};

export const diffAnswers = (rows: readonly PairedAnswers[], partings: readonly Parting[]): AnswersDiff => {
  const both = pairsOf(rows);
  const shared = both
    .slice(0, 1)
    .flatMap(([before, now]) => Object.keys(before).filter((name) => Object.hasOwn(now, name)));
  const fields = shared.map((field) => fieldDifference(field, both));
  const share = ({ changed, refused, rows: all }: PartDifference): number => (changed + refused) / all;
  return {
    rows: rows.length,
    changed: rows.filter((row) => isMoved(row, shared)).length,
    refused_now: countCodes(rows, 'now'),
    answered_now: countCodes(rows, 'before'),
    refused_by_both: rows.filter(({ before, now }) => before.error !== undefined && now.error !== undefined).length,
    fields,
    parts: partings.flatMap((parting) => partsOf(rows, fields, parting)).sort((a, b) => share(b) - share(a)),
  };
};
