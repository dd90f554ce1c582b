/** An evaluation in words and tables. */
import type { Evaluation, Figure, MetricFigures, Slice, TargetEvaluation } from './evaluation.ts';

/** Four digits, and all that stand before the point. */
export const figureText = (value: number): string => {
  if (Number.isNaN(value)) return '–';
  if (value !== 0 && (Math.abs(value) < 1e-4 || Math.abs(value) >= 1e9)) return value.toExponential(2);
  const rounded = Number(value.toPrecision(4));
  return Math.abs(value) >= 1000 ? String(Math.round(value)) : String(rounded);
};

/** As many digits as the figure has. */
export const intervalText = ({ interval }: Figure): string =>
  interval === undefined ? '–' : `${figureText(interval.low)} to ${figureText(interval.high)}`;

const signed = (value: number): string => (value > 0 ? `+${figureText(value)}` : figureText(value));

type Line = Readonly<Record<string, string | number>>;

/** One line a metric; `names` are the versions'. */
export const metricLines = (metrics: readonly MetricFigures[], names: readonly string[]): readonly Line[] =>
  metrics.map(({ label, versions, difference, outcome }): Line => {
    const [first, second] = versions;
    if (second === undefined)
      return { metric: label, value: figureText(first.value), '95 % interval': intervalText(first) };
    return {
      metric: label,
      ...Object.fromEntries(
        versions.map((figure, at) => [names[at], `${figureText(figure.value)} (${intervalText(figure)})`]),
      ),
      difference: difference ? signed(difference.value) : '',
      '95 % of it': difference ? intervalText(difference) : '',
      [`${names[1]} is`]: outcome ?? '',
    };
  });

/** Metrics that slices are told by: what fits on a line. */
const sliceMetrics = ['mae', 'rmse', 'bias', 'accuracy', 'auc', 'f1_macro', 'log_loss'];

/** `Contract = One year`, `tenure ≤ 9`. */
export const sliceName = ({ by, value }: Slice): string =>
  /^[≤>] /.test(value) ? `${by} ${value}` : `${by} = ${value}`;

export const sliceLines = (slices: readonly Slice[], names: readonly string[]): readonly Line[] =>
  slices.map((slice): Line => {
    const { rows, metrics, isWorse } = slice;
    const told = metrics.filter(({ name }) => sliceMetrics.includes(name));
    const shown = names.length === 1 ? told : told.slice(0, 1);
    const cells = shown.flatMap(({ name, versions, outcome }) => [
      ...versions.map((figure, at) => [
        names.length === 1 ? name : `${name} of ${names[at]}`,
        `${figureText(figure.value)} (${intervalText(figure)})`,
      ]),
      ...(names.length === 1 ? [] : [[`${names[1]} is`, outcome ?? '']]),
    ]);
    return {
      slice: sliceName(slice),
      rows,
      ...Object.fromEntries(cells),
      note: isWorse ? 'worse than the rest' : '',
    };
  });

/** What is said of a target before its table. */
export const targetText = ({ output, truth, unit, positive, kind }: TargetEvaluation): string => {
  const what = unit === undefined ? output : `${output} (${unit})`;
  const looked = kind === 'labels' && positive !== undefined ? `, looking for ${positive}` : '';
  return `${what} against ${truth}${looked}`;
};

/** Versions as they are called beside each other. */
export const namesOf = ({ versions }: Evaluation): readonly string[] => {
  const names = versions.map(({ model, version }) => `${model}@${version}`);
  return new Set(names).size === names.length ? names : versions.map(({ ref }) => ref);
};
