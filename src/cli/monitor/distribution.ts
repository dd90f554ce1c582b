/** How a field was distributed, as lines of bars: now, and what that is compared with. */
import type { FieldDistribution } from '../../monitor/watch/distribution.ts';
import { pairedBars, percentOf } from '../../terminal/paired-bars.ts';
import type { Terminal } from '../../terminal/terminal.ts';

export const tellDistribution = ({ bars, mean, missing, isInstant }: FieldDistribution, terminal: Terminal): void => {
  if (bars.length === 0) return;
  const number = (value = Number.NaN): string =>
    isInstant ? new Date(value).toISOString().slice(0, 16) : String(Number(value.toPrecision(4)));
  terminal.table(pairedBars(bars));
  const means = mean === undefined ? '' : `mean ${number(mean.now)}, ${number(mean.before)} before; `;
  terminal.err(`${means}missing in ${percentOf(missing.now)}, ${percentOf(missing.before ?? 0)} before`);
};
