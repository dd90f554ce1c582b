/** The truth in a reference, held against what the model answers for the same rows: figures, and the calibration of its scores. */
import { fail, showNames } from '../core/errors.ts';
import { isInstant, kindOf, labelsOf } from '../core/kinds/index.ts';
import type { ColumnInput, ColumnOutput, Field, Manifest, OutputField } from '../core/types.ts';
import { toldColumn } from '../files/told-column.ts';
import { probabilityMetrics, startProbabilities } from '../monitor/performance/probabilities.ts';
import { regressionMetrics, startRegression } from '../monitor/performance/regression.ts';
import { labelOf, numbersOf } from '../monitor/profile/counting.ts';
import { SCORE_BINS, scoreBin } from '../monitor/profile/profile.ts';
import { isProbability } from '../monitor/profile/reference.ts';
import type { OutputTruth } from '../monitor/profile/truth.ts';
import type { TruthColumns } from './source.ts';

/** Digits that figures are rounded to: kernels of other machines may differ after them. */
const DIGITS = 4;
/** What stands at the edge of a bin is in the upper one, also where the last bits of the machine have it below. */
const HAIR = 1e-7;
const NUMBER: Field = { kind: 'number', nullable: true };
const LABEL: Field = { kind: 'category', nullable: true, unknown: 'allow' };
const YES = /^(?:1(?:\.0+)?|true|yes|y|t)$/i;
const NO = /^(?:0(?:\.0+)?|false|no|n|f)$/i;

const rounded = (value: number): number => Number(value.toPrecision(DIGITS));

/** One output and its truths, chunk by chunk. */
interface Holding {
  readonly column: string;
  add(answers: ColumnOutput, truths: ColumnInput, isText: boolean): void;
  result(): OutputTruth;
}

const isLabel = (field: Field): boolean => kindOf(field).profile === 'labels';
const isNumber = (field: Field): boolean => kindOf(field).profile === 'numbers' && !isInstant(field);

const cellsOf = (isText: boolean) => (isText ? 'text' : 'typed');

const holdNumber = (column: string, field: Field): Holding => {
  const regression = startRegression();
  let rows = 0;
  return {
    column,
    add(answers, truths, isText) {
      const told = toldColumn(column, NUMBER, truths, cellsOf(isText)).column;
      const values = numbersOf(field, answers);
      for (let row = 0; told.type === 'number' && row < values.length; row++) {
        if (!Number.isFinite(values[row]) || !Number.isFinite(told.values[row])) continue;
        regression.add(values[row], told.values[row]);
        rows++;
      }
    },
    result() {
      const tally = regression.tally();
      const known = regressionMetrics
        .filter(({ name }) => name !== 'r2')
        .map(({ name, of }) => [name, rounded(of(tally))]);
      return { column, rows, figures: rows === 0 ? {} : Object.fromEntries(known) };
    },
  };
};

/** Truths as texts; null for none. */
const textsOf = (column: string, truths: ColumnInput, isText: boolean): readonly (string | null)[] => {
  const told = toldColumn(column, LABEL, truths, cellsOf(isText)).column;
  return told.type === 'string' ? told.values.map((text) => (text === '' ? null : text)) : [];
};

/** Whether a text stands for a label; labels that a table has as numbers, and words for true and false, count too. */
const stands = (text: string, label: string): boolean =>
  text === label ||
  (label === 'true' && YES.test(text)) ||
  (label === 'false' && NO.test(text)) ||
  (/\.0+$/.test(text) && text.replace(/\.0+$/, '') === label);

const holdLabel = (column: string, field: Field): Holding => {
  const look = labelOf(field);
  let [rows, right] = [0, 0];
  return {
    column,
    add(answers, truths, isText) {
      textsOf(column, truths, isText).forEach((text, row) => {
        const label = look((answers as ArrayLike<unknown>)[row]);
        if (text === null || label === undefined) return;
        rows++;
        if (stands(text, label)) right++;
      });
    },
    result() {
      const figures: OutputTruth['figures'] = rows === 0 ? {} : { accuracy: rounded(right / rows) };
      return { column, rows, figures };
    },
  };
};

const holdProbability = (column: string, field: Field, label: string): Holding => {
  const probabilities = startProbabilities();
  const [counts, positives] = [new Array<number>(SCORE_BINS).fill(0), new Array<number>(SCORE_BINS).fill(0)];
  let rows = 0;
  return {
    column,
    add(answers, truths, isText) {
      const values = numbersOf(field, answers);
      textsOf(column, truths, isText).forEach((text, row) => {
        const score = values[row];
        if (text === null || !(score >= 0 && score <= 1)) return;
        const isTrue = stands(text, label);
        probabilities.add([1 - score, score], isTrue ? 1 : 0);
        const bin = scoreBin(score + HAIR);
        counts[bin]++;
        if (isTrue) positives[bin]++;
        rows++;
      });
    },
    result() {
      const tally = probabilities.tally();
      const figures = rows === 0 ? [] : probabilityMetrics.map(({ name, of }) => [name, rounded(of(tally))]);
      return { column, rows, figures: Object.fromEntries(figures), calibration: { label, counts, positives } };
    },
  };
};

/** Of which label an output is the probability: by its name, by its column, or the second of two. */
const labelOfScore = (name: string, { at }: OutputField, labels: readonly string[], isAlone: boolean): string => {
  const named = /^[^_]*_(.*)$/.exec(name)?.[1];
  if (named !== undefined && labels.includes(named)) return named;
  return labels[at ?? (isAlone ? 1 : 0)] ?? 'true';
};

/** Outputs that a column is the truth of: of labels with their probabilities, or of a number. */
const columnsOf = ({ outputs }: Manifest, truth: TruthColumns, path: string): Readonly<Record<string, string>> => {
  const all = Object.entries(outputs);
  const scores = all.filter(([, field]) => isProbability(field)).map(([name]) => name);
  const labels = all.filter(([, field]) => isLabel(field)).map(([name]) => name);
  const numbers = all.filter(([name, field]) => isNumber(field) && !scores.includes(name)).map(([name]) => name);
  const asked = typeof truth === 'string' ? undefined : Object.keys(truth);
  const unknown = asked?.find((name) => ![...labels, ...scores, ...numbers].includes(name));
  if (unknown !== undefined) {
    const known = showNames([...labels, ...scores, ...numbers]);
    throw fail('BAD_REFERENCE', `${path}: truth names ${unknown}, which is no output with a truth.`, {
      expected: known,
      got: unknown,
    });
  }
  if (typeof truth !== 'string') {
    const [label] = labels.filter((name) => Object.hasOwn(truth, name));
    const more = labels.length === 1 && label !== undefined ? scores.map((name) => [name, truth[label]]) : [];
    return { ...Object.fromEntries(more), ...truth };
  }
  const meant = labels.length > 0 || scores.length > 0 ? [...labels, ...scores] : numbers;
  if (labels.length > 1 || (labels.length === 0 && meant.length !== 1)) {
    throw fail('BAD_REFERENCE', `${path}: ${truth} may be the truth of several outputs: say of which.`, {
      expected: `reference: { file, truth: { ${meant[0] ?? all[0]?.[0]}: ${truth} } }`,
      got: truth,
    });
  }
  return Object.fromEntries(meant.map((name) => [name, truth]));
};

export interface ReferenceTruths {
  /** @throws BAD_REFERENCE where a column is not there */
  add(
    columns: Readonly<Record<string, ColumnInput>>,
    isText: boolean,
    answers: Readonly<Record<string, ColumnOutput>>,
  ): void;
  result(): Readonly<Record<string, OutputTruth>>;
}

/** @throws BAD_REFERENCE where model.yaml does not say of which output a column is the truth */
export const startTruths = (manifest: Manifest, truth: TruthColumns, path: string): ReferenceTruths => {
  const columns = columnsOf(manifest, truth, path);
  const fields = Object.values(manifest.outputs);
  const labelled = fields.find(isLabel);
  const labels = labelled === undefined ? ['false', 'true'] : (labelsOf(labelled)?.all ?? ['false', 'true']);
  const isAlone = fields.filter(isProbability).length === 1;
  const holdings = Object.entries(columns).map(([name, column]): readonly [string, Holding] => {
    const field = manifest.outputs[name];
    if (isLabel(field)) return [name, holdLabel(column, field)];
    if (!isProbability(field)) return [name, holdNumber(column, field)];
    return [name, holdProbability(column, field, labelOfScore(name, field, labels, isAlone))];
  });
  return {
    add(given, isText, answers) {
      for (const [name, holding] of holdings) {
        const truths = given[holding.column];
        if (truths === undefined) {
          throw fail(
            'BAD_REFERENCE',
            `${path} has no column ${holding.column}, which holds what was true of ${name}.`,
            {
              expected: `a column ${holding.column}`,
              got: showNames(Object.keys(given)),
            },
          );
        }
        holding.add(answers[name], truths, isText);
      }
    },
    result: () => Object.fromEntries(holdings.map(([name, holding]) => [name, holding.result()])),
  };
};
