/** Two distributions beside each other, as rows of a table: a bar for each share, now and before. */

/** Shares from 0 to 1. */
export interface PairedBar {
  readonly label: string;
  readonly now: number;
  readonly before: number;
}

/** Of the longest bar, in letters. */
const WIDTH = 28;
const EIGHTHS = ' ▏▎▍▌▋▊▉█';

const lengthOf = (share: number, most: number): string => {
  const eighths = Math.round((share / most) * WIDTH * 8);
  return `${'█'.repeat(eighths >> 3)}${EIGHTHS[eighths & 7]}`.trimEnd();
};

/** `7.3 %` */
export const percentOf = (share: number): string => `${(100 * share).toFixed(share >= 0.0995 ? 0 : 1)} %`;

export const pairedBars = (bars: readonly PairedBar[]): readonly Readonly<Record<string, string>>[] => {
  const most = Math.max(...bars.flatMap(({ now, before }) => [now, before]), 1e-9);
  return bars.map(({ label, now, before }) => ({
    value: label,
    now: percentOf(now).padStart(6),
    ' ': lengthOf(now, most).padEnd(WIDTH),
    before: percentOf(before).padStart(6),
    '  ': lengthOf(before, most),
  }));
};
