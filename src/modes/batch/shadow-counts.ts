/** How the answers of a shadow differ from those that count, as what adds up over the shards of a run. */
import type { Problem } from '../../core/errors.ts';
import type { ColumnAnswers, Manifest } from '../../core/types.ts';
import { answerColumn } from '../../files/scoring.ts';
import { isChanged } from '../../monitor/comparison/changed.ts';
import type { BatchShadow } from './shadow.ts';

/** Of one output that both have. */
export interface FieldApart {
  /** Rows that both answered, and those of which the answer differs. */
  readonly rows: number;
  readonly changed: number;
  /** Of numbers, the shadow's less the other: sums over rows, and the largest in magnitude. */
  readonly numbers?: { readonly sum: number; readonly magnitudes: number; readonly largest: number } | undefined;
  /** Of others, how often what became what: the JSON of both, `["no","yes"]`. */
  readonly moves?: Readonly<Record<string, number>> | undefined;
}

export interface ShadowCounts {
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  /** Rows that both were asked, and those of which any answer differs. */
  readonly rows: number;
  readonly changed: number;
  /** Rows that only the shadow refuses, and that only the other refuses, by the code; and those that both do. */
  readonly refused: Readonly<Record<string, number>>;
  readonly answered: Readonly<Record<string, number>>;
  readonly refused_by_both: number;
  readonly fields: Readonly<Record<string, FieldApart>>;
  /** Why it was asked no more. */
  readonly problem?: Problem | undefined;
}

/** Moves that are told apart; those that are met later are only counted as changed. */
const MOST_MOVES = 100;
const MOST_LETTERS = 200;

const addTo = (counts: Record<string, number>, key: string, times = 1): void => {
  counts[key] = (counts[key] ?? 0) + times;
};

const addMove = (moves: Record<string, number>, key: string, times = 1): void => {
  if (Object.hasOwn(moves, key) || Object.keys(moves).length < MOST_MOVES) addTo(moves, key, times);
};

/** Missing numbers are NaN in columns. */
const told = (value: unknown): unknown => (Number.isNaN(value) ? null : value);

const short = (value: unknown): unknown =>
  typeof value === 'string' && value.length > MOST_LETTERS ? `${value.slice(0, MOST_LETTERS)}…` : value;

const moveOf = (before: unknown, now: unknown): string =>
  JSON.stringify([short(before), short(now)], (_, value) => (typeof value === 'bigint' ? String(value) : value));

interface Counting {
  /** True where the answer differs. */
  add(before: unknown, now: unknown): boolean;
  counts(): FieldApart;
}

const countField = (): Counting => {
  let [rows, changed, isNumbers, sum, magnitudes, largest] = [0, 0, false, 0, 0, 0];
  const moves: Record<string, number> = {};
  return {
    add(before, now) {
      rows++;
      const isOther = isChanged(before, now);
      if (isOther) changed++;
      if (typeof before === 'number' && typeof now === 'number') {
        isNumbers = true;
        const apart = now - before;
        if (Number.isFinite(apart)) {
          sum += apart;
          magnitudes += Math.abs(apart);
          largest = Math.max(largest, Math.abs(apart));
        }
      } else if (isOther && !Array.isArray(before)) addMove(moves, moveOf(before, now));
      return isOther;
    },
    counts: () => ({ rows, changed, ...(isNumbers ? { numbers: { sum, magnitudes, largest } } : { moves }) }),
  };
};

export interface ShadowCounting {
  add(answers: ColumnAnswers, shadowed: ColumnAnswers): void;
  counts(): ShadowCounts;
}

export const startShadowCounting = (manifest: Manifest, { found, problem }: BatchShadow): ShadowCounting => {
  const { manifest: own, digest } = found;
  const names = Object.keys(manifest.outputs).filter((name) => Object.hasOwn(own.outputs, name));
  const fields = names.map(countField);
  const [refused, answered]: Record<string, number>[] = [{}, {}];
  let [rows, changed, both] = [0, 0, 0];
  return {
    add(answers, shadowed) {
      const columns = names.map((name) => [
        answerColumn(manifest.outputs[name], answers.columns[name], answers.rows) as ArrayLike<unknown>,
        answerColumn(own.outputs[name], shadowed.columns[name], answers.rows) as ArrayLike<unknown>,
      ]);
      for (let row = 0; row < answers.rows; row++) {
        const [before, now] = [answers.errors.get(row), shadowed.errors.get(row)];
        rows++;
        if (before !== undefined && now !== undefined) both++;
        else if (now !== undefined) addTo(refused, now.code);
        else if (before !== undefined) addTo(answered, before.code);
        else {
          let isOther = false;
          for (const [at, [then, value]] of columns.entries()) {
            if (fields[at].add(told(then[row]), told(value[row]))) isOther = true;
          }
          if (isOther) changed++;
        }
      }
    },
    counts: () => ({
      model: own.name,
      version: own.version,
      digest,
      rows,
      changed,
      refused,
      answered,
      refused_by_both: both,
      fields: Object.fromEntries(names.map((name, at) => [name, fields[at].counts()])),
      ...(problem() && { problem: problem() }),
    }),
  };
};

const together = (a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>, add = addTo) => {
  const sums = { ...a };
  for (const [key, times] of Object.entries(b)) add(sums, key, times);
  return sums;
};

const NO_NUMBERS = { sum: 0, magnitudes: 0, largest: 0 } as const;

const mergeFields = (a: FieldApart | undefined, b: FieldApart): FieldApart => {
  if (a === undefined) return b;
  const counted = { rows: a.rows + b.rows, changed: a.changed + b.changed };
  // A shard without an answered row does not know whether they are numbers.
  const [first, second] = [a.numbers, b.numbers];
  if (first === undefined && second === undefined)
    return { ...counted, moves: together(a.moves ?? {}, b.moves ?? {}, addMove) };
  const [one, other] = [first ?? NO_NUMBERS, second ?? NO_NUMBERS];
  const numbers = {
    sum: one.sum + other.sum,
    magnitudes: one.magnitudes + other.magnitudes,
    largest: Math.max(one.largest, other.largest),
  };
  return { ...counted, numbers };
};

/** Of all shards in which the last of the versions was asked; undefined where none was. */
export const mergeShadows = (parts: readonly (ShadowCounts | undefined)[]): ShadowCounts | undefined => {
  const asked = parts.filter((part) => part !== undefined);
  const digest = asked.at(-1)?.digest;
  return asked
    .filter((part) => part.digest === digest)
    .reduce<ShadowCounts | undefined>((sum, part) => {
      if (sum === undefined) return part;
      const names = [...new Set([...Object.keys(sum.fields), ...Object.keys(part.fields)])];
      const { problem = sum.problem } = part;
      return {
        ...part,
        rows: sum.rows + part.rows,
        changed: sum.changed + part.changed,
        refused: together(sum.refused, part.refused),
        answered: together(sum.answered, part.answered),
        refused_by_both: sum.refused_by_both + part.refused_by_both,
        fields: Object.fromEntries(
          names.map((name) => {
            const [before, now] = [sum.fields[name], part.fields[name]];
            return [name, now === undefined ? before : mergeFields(before, now)];
          }),
        ),
        ...(problem && { problem }),
      };
    }, undefined);
};
