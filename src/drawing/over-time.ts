/** What became of one figure from window to window, as bars beside each other: SVG that stands by itself. */
import { escapeHtml } from './charts.ts';

export interface TimeBar {
  /** What a reader is told who points at it. */
  readonly title: string;
  /** Undefined where nothing is known: a gap. */
  readonly value: number | undefined;
  /** Drawn as something that is not as it should be. */
  readonly isBad?: boolean;
}

export interface OverTimeOptions {
  readonly name: string;
  readonly bars: readonly TimeBar[];
  /** Written below, where it begins and where it ends. */
  readonly ends: readonly [string, string];
  /** The value of a full bar, where others are greater: the greatest unless given. */
  readonly full?: number | undefined;
  /** A line across, with what it means. */
  readonly line?: { readonly value: number; readonly label: string } | undefined;
}

const WIDTH = 320;
const HEIGHT = 86;
const FOOT = 16;

export const overTime = ({ name, bars, ends, full, line }: OverTimeOptions): string => {
  const base = HEIGHT - FOOT;
  const most = full ?? Math.max(...bars.map(({ value }) => value ?? 0), line?.value ?? 0, 1e-9);
  const step = WIDTH / Math.max(1, bars.length);
  const gap = Math.min(3, step / 4);
  const tall = (value: number): number => Math.min(1, Math.max(0, value / most)) * (base - 6);
  const shapes = bars.map(({ title, value, isBad = false }, at) => {
    const [x, width] = [(at * step + gap / 2).toFixed(1), (step - gap).toFixed(1)];
    const hit = `<rect class="hit" x="${x}" y="0" width="${width}" height="${base}"/><title>${escapeHtml(title)}</title>`;
    if (value === undefined)
      return `<g><circle class="gap" cx="${(at * step + step / 2).toFixed(1)}" cy="${base - 3}" r="1.2"/>${hit}</g>`;
    const height = Math.max(1, tall(value));
    return `<g><rect class="bar${isBad ? ' bad' : ''}" x="${x}" y="${(base - height).toFixed(1)}" width="${width}" height="${height.toFixed(1)}" rx="1"/>${hit}</g>`;
  });
  const y = line === undefined ? 0 : base - tall(line.value);
  const across =
    line === undefined
      ? ''
      : `<line class="across" x1="0" x2="${WIDTH}" y1="${y.toFixed(1)}" y2="${y.toFixed(1)}"/><text class="across" x="${WIDTH}" y="${(y - 3).toFixed(1)}" text-anchor="end">${escapeHtml(line.label)}</text>`;
  const texts = `<text x="0" y="${HEIGHT - 4}">${escapeHtml(ends[0])}</text><text x="${WIDTH}" y="${HEIGHT - 4}" text-anchor="end">${escapeHtml(ends[1])}</text>`;
  return `<svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(name)}">${shapes.join('')}<line class="base" x1="0" x2="${WIDTH}" y1="${base}" y2="${base}"/>${across}${texts}</svg>`;
};
