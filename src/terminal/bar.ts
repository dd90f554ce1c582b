/** Bars of one letter, many of which are a small plot. */
const BARS = '▁▂▃▄▅▆▇█';

/** From the least bar at 0 to the full one at `full` and above; a dot where there is no value. */
const barOf = (value: number | undefined, full: number): string =>
  value === undefined
    ? '·'
    : BARS[Math.min(BARS.length - 1, Math.max(0, Math.round((value / full) * (BARS.length - 1))))];

/** A bar for each value, the first one first. */
export const sparkline = (values: readonly (number | undefined)[], full: number): string =>
  values.map((value) => barOf(value, full)).join('');
