/** What else versions are compared by in a rollout, as users say it. */
import { type Code, fail } from '../../core/errors.ts';
import { parseMetric } from '../../monitor/comparison/loss.ts';

interface Tolerated {
  /** A candidate may lose so much more on average, in the unit of the metric, and is still taken for no worse. */
  readonly tolerance: number;
}

/** By the truth of predictions, as labels tell it. */
export interface ComparedLabels extends Tolerated {
  /** `absolute_error(minutes)`. */
  readonly metric: string;
  /** A loss above counts as this: what is bounded is told with certainty, and one wild value says little. */
  readonly most?: number | undefined;
}

/** By what came of predictions, as events tell it. */
export interface ComparedOutcome extends Tolerated {
  /** In CEL over data, key, topic and event: a number, or whether it is true. */
  readonly outcome: string;
  readonly topic: string;
  /** Fields of the row that the event has too; the id of the prediction unless given. */
  readonly key?: string | readonly string[] | undefined;
  /** `higher` unless given. */
  readonly better?: 'higher' | 'lower' | undefined;
}

export type Compared = ComparedLabels | ComparedOutcome;

export const isOfLabels = (compared: Compared): compared is ComparedLabels => 'metric' in compared;

/** How verdicts call it. */
export const comparedName = (compared: Compared): string => (isOfLabels(compared) ? compared.metric : compared.outcome);

/** What losses of it are at most; undefined where nothing bounds them. */
export const mostOf = (compared: Compared): number | undefined =>
  isOfLabels(compared) ? (compared.most ?? parseMetric(compared.metric, 'INTERNAL').most) : undefined;

const MOST_METRICS = 10;
const LINE = /^(.+\)) +(\d+(?:\.\d+)?)(?: most (\d+(?:\.\d+)?))?$/;

/** `absolute_error(minutes) 0.2`, as commands have it. @throws `code` for what is none */
export const parseCompared = (text: string, code: Code): ComparedLabels => {
  const [, metric, tolerance, most] = LINE.exec(text.trim()) ?? [];
  if (metric === undefined) {
    const expected = 'a metric and how much more is tolerated: absolute_error(minutes) 0.2';
    throw fail(code, `'${text}' says not by what versions are compared`, { expected, got: text });
  }
  return { metric, tolerance: Number(tolerance), ...(most !== undefined && { most: Number(most) }) };
};

/** What is compared, each once. @throws `code`, naming what is wrong */
export const checkCompared = (all: readonly Compared[], code: Code): readonly Compared[] => {
  const names = all.map(comparedName);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined || all.length > MOST_METRICS) {
    const got = twice ?? `${all.length}`;
    throw fail(code, 'Each metric is compared once', { expected: `at most ${MOST_METRICS} different metrics`, got });
  }
  for (const one of all) if (isOfLabels(one)) parseMetric(one.metric, code);
  return all;
};
