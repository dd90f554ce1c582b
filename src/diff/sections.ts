/** A diff as titled tables, which the terminal and the page show alike. */
import { figureText } from '../evaluation/telling.ts';
import { exactJson } from '../text/exact-json.ts';
import type { AnswersDiff } from './answers.ts';
import type { Changed, Diff } from './diff.ts';
import { breaksOf } from './signatures.ts';
import { differenceText } from './telling.ts';

/** One title, what is said of it, and a table; no lines where there is nothing to be listed. */
export interface DiffSection {
  readonly title: string;
  readonly sentence: string;
  /** It is something that callers would notice. */
  readonly isMarked?: boolean;
  readonly lines: readonly Readonly<Record<string, string | number>>[];
}

const NOTHING = 'no difference';
const MOST_PARTS = 20;

const changes = (title: string, all: readonly Changed[]): DiffSection => ({
  title,
  sentence: all.length === 0 ? NOTHING : `${all.length} ${all.length === 1 ? 'difference' : 'differences'}`,
  lines: all.map(({ what, before = '–', now = '–' }) => ({ what, before, now })),
});

const signatureSection = ({ signature }: Diff): DiffSection => {
  const { fields, rules } = signature;
  const breaks = breaksOf(signature);
  const count = fields.length + rules.length;
  const harmless = count === 0 ? NOTHING : 'callers of the first would notice nothing';
  return {
    title: 'Signature',
    sentence: breaks.length === 0 ? harmless : `callers of the first would notice ${breaks.length} of these`,
    isMarked: breaks.length > 0,
    lines: [
      ...fields.map(({ side, field, change, before = '–', now = '–', breaks: why = '' }) => {
        return { field: `${side} ${field}`, change, before, now, breaks: why };
      }),
      ...rules.map(({ rule, before, now, breaks: why = '' }) => {
        return { field: rule, change: 'changed', before, now, breaks: why };
      }),
    ],
  };
};

const metricsSection = ({ metrics }: Diff): DiffSection => ({
  title: 'Metrics',
  sentence: metrics.length === 0 ? 'neither version tells any (provenance: metrics)' : 'as their makers tell them',
  lines: metrics.map(({ metric, before, now }) => ({
    metric,
    before: before === undefined ? '–' : figureText(before),
    now: now === undefined ? '–' : figureText(now),
    difference: before === undefined || now === undefined ? '–' : figureText(now - before),
  })),
});

const examplesSection = ({ examples: { before, now, added, removed, changed } }: Diff): DiffSection => ({
  title: 'Examples',
  sentence: `${before} and ${now}: ${added} added, ${removed} removed, ${changed.length} with another answer`,
  lines: changed.map((one) => ({
    input: exactJson(one.input),
    before: exactJson(one.before),
    now: exactJson(one.now),
  })),
});

const codes = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([code, rows]) => `${code} ${rows}`)
    .join(', ') || 'none';

const fieldLines = ({ fields }: AnswersDiff): DiffSection['lines'] =>
  fields.map(({ field, rows, changed, numbers, moves = [] }) => ({
    field,
    rows,
    changed,
    'on average': numbers ? figureText(numbers.mean) : '–',
    'size in 95 of 100': numbers ? figureText(numbers.p95_absolute) : '–',
    largest: numbers ? figureText(numbers.largest) : '–',
    'most often': moves[0] ? `${moves[0].before} → ${moves[0].now} (${moves[0].rows})` : '–',
  }));

const partLines = ({ parts }: AnswersDiff): DiffSection['lines'] => {
  const names = [...new Set(parts.flatMap(({ means }) => Object.keys(means)))];
  return parts.slice(0, MOST_PARTS).map(({ by, value, rows, changed, refused, means }) => ({
    slice: `${by} = ${value}`,
    rows,
    changed,
    'refused by one': refused,
    ...Object.fromEntries(names.map((name) => [`${name} on average`, name in means ? figureText(means[name]) : '–'])),
  }));
};

const answerSections = ({ answers }: Diff): readonly DiffSection[] => {
  if (answers === undefined) return [];
  const refusals = `refused by the second alone: ${codes(answers.refused_now)}; by the first alone: ${codes(answers.answered_now)}`;
  const lines = fieldLines(answers);
  const isMarked = Object.keys(answers.refused_now).length > 0;
  const sentence = `${answers.on}: ${differenceText(answers)}; ${refusals}`;
  const slices = { title: 'Answers by slice', sentence: 'the most changed first', lines: partLines(answers) };
  return [{ title: 'Answers', sentence, isMarked, lines }, ...(answers.parts.length > 0 ? [slices] : [])];
};

export const sectionsOf = (diff: Diff): readonly DiffSection[] => [
  signatureSection(diff),
  changes('Preparation', diff.preparation),
  changes('Model', diff.model),
  metricsSection(diff),
  examplesSection(diff),
  ...answerSections(diff),
];
