/** What is drawn of a target: of numbers predicted beside true, of labels their confusion, calibration and ROC. */
import { type Axis, matrix, plot, type Series } from '../../drawing/plots.ts';
import type { Plots, TargetEvaluation } from '../evaluation.ts';
import { figureText } from '../telling.ts';

interface Drawing {
  readonly heading: string;
  /** How to read it. */
  readonly note: string;
  readonly drawing: string;
}

const share = (label: string): Axis => ({ from: 0, to: 1, label });
const percent = (value: number): string => `${(value * 100).toFixed(1)} %`;
const colourOf = (version: number): 0 | 1 => (version === 0 ? 0 : 1);

const seriesOf = <T>(
  plots: readonly Plots[],
  pick: (plots: Plots) => readonly T[] | undefined,
  as: Series['as'],
  point: (one: T) => Series['points'][number],
): readonly Series[] =>
  plots.flatMap((one, version) => {
    const found = pick(one);
    return found === undefined || found.length === 0
      ? []
      : [{ colour: colourOf(version), as, points: found.map(point) }];
  });

const rocDrawing = (plots: readonly Plots[], positive: string | undefined): readonly Drawing[] => {
  const series = seriesOf(
    plots,
    ({ roc }) => roc,
    'line',
    ({ falseAlarms, found }) => ({ x: falseAlarms, y: found }),
  );
  if (series.length === 0) return [];
  const looked = positive ?? 'true';
  const drawing = plot({
    name: 'ROC curve',
    x: share(`share of the others called ${looked}`),
    y: share(`share of ${looked} that is found`),
    series,
    hasDiagonal: true,
  });
  const note =
    'The nearer to the upper left corner the better; the dashed line is chance. The area below the curve is the AUC.';
  return [{ heading: 'ROC', note, drawing }];
};

const calibrationDrawing = (plots: readonly Plots[]): readonly Drawing[] => {
  const series = seriesOf(
    plots,
    ({ calibration }) => calibration,
    'points',
    ({ said, cameTrue, low, high, rows }) => ({
      x: said,
      y: cameTrue,
      low,
      high,
      title: `said ${percent(said)}, came true ${percent(cameTrue)} of ${Math.round(rows)} rows`,
    }),
  );
  if (series.length === 0) return [];
  const drawing = plot({ name: 'Calibration', x: share('said'), y: share('came true'), series, hasDiagonal: true });
  const note = 'Ten bins of as many rows each. On the dashed line, what is said to come true 7 times in 10 does so.';
  return [{ heading: 'Calibration', note, drawing }];
};

/** More classes are no picture. */
const MOST_CLASSES = 12;

const confusionDrawing = (plots: readonly Plots[], names: readonly string[]): readonly Drawing[] =>
  plots.flatMap(({ confusion }, version) => {
    if (confusion === undefined || confusion.labels.length > MOST_CLASSES) return [];
    return [
      {
        heading: names.length === 1 ? 'Confusion' : `Confusion of ${names[version]}`,
        note: 'Rows of what was true, columns of what was predicted; the darker, the more of its row.',
        drawing: matrix(confusion.labels, confusion.counts),
      },
    ];
  });

const around = (values: readonly number[]): { readonly from: number; readonly to: number } => {
  const from = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const to = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  return from < to ? { from, to } : { from: from - 1, to: to + 1 };
};

const pointsDrawings = (plots: readonly Plots[], unit: string | undefined): readonly Drawing[] => {
  const all = plots.flatMap(({ points = [] }) => points);
  if (all.length === 0) return [];
  const inUnit = unit === undefined ? '' : ` (${unit})`;
  const both = around(all.flat());
  const errors = around([0, ...all.map(([predicted, truth]) => predicted - truth)]);
  const beside = plot({
    name: 'Predicted and true',
    x: { ...both, label: `predicted${inUnit}` },
    y: { ...both, label: `true${inUnit}` },
    series: seriesOf(
      plots,
      ({ points }) => points,
      'dots',
      ([x, y]) => ({
        x,
        y,
        title: `predicted ${figureText(x)}, true ${figureText(y)}`,
      }),
    ),
    hasDiagonal: true,
  });
  const residuals = plot({
    name: 'Residuals',
    x: { ...around(all.map(([predicted]) => predicted)), label: `predicted${inUnit}` },
    y: { ...errors, label: `predicted − true${inUnit}` },
    series: seriesOf(
      plots,
      ({ points }) => points,
      'dots',
      ([x, y]) => ({ x, y: x - y }),
    ),
    hasZero: true,
  });
  return [
    {
      heading: 'Predicted and true',
      note: 'A dot a row, at most 1,000 of them. On the dashed line all is right.',
      drawing: beside,
    },
    {
      heading: 'Residuals',
      note: 'Above the line too much was predicted, below too little. A cloud that widens or bends has a reason.',
      drawing: residuals,
    },
  ];
};

export const plotsOf = ({ plots, positive, unit }: TargetEvaluation, names: readonly string[]): readonly Drawing[] => [
  ...pointsDrawings(plots, unit),
  ...rocDrawing(plots, positive),
  ...calibrationDrawing(plots),
  ...confusionDrawing(plots, names),
];
