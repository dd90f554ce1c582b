/** Labels: which were told for which, and what follows from that. */
import { proportion } from '../statistics/proportion.ts';
import type { Interval, Metric } from './metric.ts';

/** More labels than this are no classes. */
export const MOST_CLASSES = 1000;

/** What was true down, what was predicted across: `counts[truth * classes + predicted]`. */
export interface ConfusionTally {
  readonly classes: number;
  readonly counts: Float64Array;
}

/** Labels are told by their place, below MOST_CLASSES; more of them may come. */
export const startConfusion = () => {
  const counts = new Map<number, number>();
  return {
    add(truth: number, predicted: number, weight = 1): void {
      const key = truth * MOST_CLASSES + predicted;
      counts.set(key, (counts.get(key) ?? 0) + weight);
    },
    tally(classes: number): ConfusionTally {
      const dense = new Float64Array(classes * classes);
      for (const [key, count] of counts) dense[Math.floor(key / MOST_CLASSES) * classes + (key % MOST_CLASSES)] = count;
      return { classes, counts: dense };
    },
  };
};

/** Of the same labels. */
export const mergeConfusion = (a: ConfusionTally, b: ConfusionTally): ConfusionTally => ({
  classes: a.classes,
  counts: a.counts.map((count, at) => count + b.counts[at]),
});

interface ClassCounts {
  readonly right: number;
  readonly predicted: number;
  readonly truth: number;
}

const classOf = ({ classes, counts }: ConfusionTally, label: number): ClassCounts => {
  let [predicted, truth] = [0, 0];
  for (let other = 0; other < classes; other++) {
    predicted += counts[other * classes + label];
    truth += counts[label * classes + other];
  }
  return { right: counts[label * classes + label], predicted, truth };
};

const sumOf = ({ counts }: ConfusionTally): number => counts.reduce((sum, count) => sum + count, 0);
const rightOf = ({ classes, counts }: ConfusionTally): number => {
  let right = 0;
  for (let label = 0; label < classes; label++) right += counts[label * classes + label];
  return right;
};

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/** The figures of one label against all others; 0 where it was never predicted, or never true, as scikit-learn has it. */
const figures = {
  precision: ({ right, predicted }: ClassCounts) => ratio(right, predicted),
  recall: ({ right, truth }: ClassCounts) => ratio(right, truth),
  f1: ({ right, predicted, truth }: ClassCounts) => ratio(2 * right, predicted + truth),
};
export type ClassFigure = keyof typeof figures;

/** The mean over labels that occur: each the same, or by how often it is true. */
const averaged = (tally: ConfusionTally, figure: ClassFigure, average: 'macro' | 'weighted'): number => {
  let [sum, weights] = [0, 0];
  for (let label = 0; label < tally.classes; label++) {
    const counts = classOf(tally, label);
    if (counts.predicted + counts.truth === 0) continue;
    const weight = average === 'macro' ? 1 : counts.truth;
    sum += weight * figures[figure](counts);
    weights += weight;
  }
  return weights === 0 ? Number.NaN : sum / weights;
};

const shareInterval = (part: number, whole: number): Interval | undefined => {
  if (whole === 0) return undefined;
  const { bounds, method } = proportion(part, whole);
  return { low: bounds[0], high: bounds[1], method };
};

const accuracy: Metric<ConfusionTally> = {
  name: 'accuracy',
  label: 'accuracy (share that is right)',
  better: 'higher',
  of: (tally) => rightOf(tally) / sumOf(tally),
  interval: (tally) => shareInterval(rightOf(tally), sumOf(tally)),
};

/** Of two labels, of which the one at `positive` is looked for. */
export const binaryMetrics = (positive: number): readonly Metric<ConfusionTally>[] => [
  accuracy,
  {
    name: 'precision',
    label: 'precision (share of alarms that are right)',
    better: 'higher',
    of: (tally) => figures.precision(classOf(tally, positive)),
    interval: (tally) => {
      const { right, predicted } = classOf(tally, positive);
      return shareInterval(right, predicted);
    },
  },
  {
    name: 'recall',
    label: 'recall (share that is found)',
    better: 'higher',
    of: (tally) => figures.recall(classOf(tally, positive)),
    interval: (tally) => {
      const { right, truth } = classOf(tally, positive);
      return shareInterval(right, truth);
    },
  },
  {
    name: 'f1',
    label: 'F1 (of precision and recall)',
    better: 'higher',
    of: (tally) => figures.f1(classOf(tally, positive)),
  },
];

const average = (figure: ClassFigure, how: 'macro' | 'weighted', label: string): Metric<ConfusionTally> => ({
  name: `${figure}_${how}`,
  label,
  better: 'higher',
  of: (tally) => averaged(tally, figure, how),
});

/** Of several labels. */
export const multiclassMetrics: readonly Metric<ConfusionTally>[] = [
  accuracy,
  average('f1', 'macro', 'F1, each class the same'),
  average('f1', 'weighted', 'F1, by size of class'),
  average('precision', 'macro', 'precision, each class the same'),
  average('recall', 'macro', 'recall, each class the same'),
];

/** For tables: precision, recall and F1 of one label. */
export const classFigures = (tally: ConfusionTally, label: number) => {
  const counts = classOf(tally, label);
  return {
    precision: figures.precision(counts),
    recall: figures.recall(counts),
    f1: figures.f1(counts),
    rows: counts.truth,
  };
};

/** The mean over labels, each the same (`macro`) or by how often it is true (`weighted`). */
export const averageOf = averaged;
