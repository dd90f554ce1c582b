/** How right a deployment was, as a table: what labels say, and beside it, dashed, what may be expected where there are none. */
import type { KeptPerformance } from './performance.ts';
import { windowName } from './standing-words.ts';

/** Windows that are shown, the last ones. */
const MOST_WINDOWS = 7;

const short = (value: number): string => String(Number(value.toPrecision(3)));
const percent = (share: number): string => `${Math.round(100 * share)} %`;

const measured = (one: KeptPerformance) =>
  one.targets.map(({ output, rows, figures }) => ({
    output,
    rows,
    what: figures
      .filter(({ value }) => Number.isFinite(value))
      .map(({ name, value, interval }) =>
        interval
          ? `${name} ${short(value)} (${short(interval.low)} to ${short(interval.high)})`
          : `${name} ${short(value)}`,
      )
      .join(', '),
  }));

const estimated = (one: KeptPerformance) =>
  one.estimated.map(({ output, rows, figures }) => ({
    output,
    rows,
    what: `┄┄ estimated: ${figures.map(({ name, value }) => `${name} ${short(value)}`).join(', ')}`,
  }));

/** One row a window and output; of a window without labels, the estimate alone. */
export const performanceRows = (performances: readonly KeptPerformance[]) =>
  performances.slice(-MOST_WINDOWS).flatMap((one) =>
    [...measured(one), ...estimated(one)].map((row) => ({
      window: windowName(one),
      labels: percent(one.coverage),
      judged:
        one.judgement === undefined
          ? 'not yet'
          : one.judgement.tests.some(({ isWorse }) => isWorse)
            ? 'worse'
            : 'as usual',
      ...row,
    })),
  );

/** What estimates among them rest on. */
export const assumptionOf = (performances: readonly KeptPerformance[]): string | undefined =>
  performances.slice(-MOST_WINDOWS).flatMap(({ estimated: all }) => all.map(({ assumes }) => assumes))[0];
