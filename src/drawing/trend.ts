/** What became of a figure that is only known about, window by window: points with their intervals, and dashed what was estimated. */
import { escapeHtml } from './charts.ts';
import { ticksOf } from './plots.ts';

export interface TrendPoint {
  /** What a reader is told who points at it. */
  readonly title: string;
  /** What was measured; undefined where nothing is known: a gap. */
  readonly value?: number | undefined;
  /** Where the true one lies. */
  readonly low?: number | undefined;
  readonly high?: number | undefined;
  readonly estimated?: number | undefined;
  /** Drawn as something that is not as it should be. */
  readonly isBad?: boolean;
}

export interface TrendOptions {
  readonly name: string;
  readonly points: readonly TrendPoint[];
  /** Written below, where it begins and where it ends. */
  readonly ends: readonly [string, string];
  /** A line across, with what it means. */
  readonly line?: { readonly value: number; readonly label: string } | undefined;
}

const WIDTH = 320;
const HEIGHT = 150;
const LEFT = 36;
const TOP = 8;
const FOOT = 18;
/** Of the range of values, beyond its ends. */
const MARGIN = 0.12;

const short = (value: number): string => String(Number(value.toPrecision(3)));

const rangeOf = ({ points, line }: TrendOptions): { readonly from: number; readonly to: number } => {
  const values = points.flatMap(({ value, low, high, estimated }) => [value, low, high, estimated]).concat(line?.value);
  const known = values.filter((value) => value !== undefined && Number.isFinite(value)) as number[];
  if (known.length === 0) return { from: 0, to: 1 };
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const margin = MARGIN * (most - least || Math.abs(most) || 1);
  // A figure that is far from 0 is drawn by its changes; one that has fallen below the half of another, from 0 on.
  return { from: least >= 0 && least < most / 2 ? 0 : least - margin, to: most + margin };
};

/** Lines between neighbours that are known. */
const runs = (points: readonly TrendPoint[], of: (point: TrendPoint) => number | undefined): number[][] => {
  const found: number[][] = [];
  points.forEach((point, at) => {
    if (of(point) === undefined) return;
    const last = found.at(-1);
    if (last !== undefined && last[last.length - 1] === at - 1) last.push(at);
    else found.push([at]);
  });
  return found;
};

export const trend = (options: TrendOptions): string => {
  const { name, points, ends, line } = options;
  const range = rangeOf(options);
  const [width, height] = [WIDTH - LEFT, HEIGHT - TOP - FOOT];
  const x = (at: number): string => (LEFT + ((at + 0.5) / Math.max(1, points.length)) * width).toFixed(1);
  const y = (value: number): string => (TOP + (1 - (value - range.from) / (range.to - range.from)) * height).toFixed(1);
  const grid = ticksOf({ ...range, label: '' }).map(
    (tick) =>
      `<line class="base" x1="${LEFT}" x2="${WIDTH}" y1="${y(tick)}" y2="${y(tick)}"/><text x="${LEFT - 6}" y="${y(tick)}" dy="3" text-anchor="end">${short(tick)}</text>`,
  );
  const curve = (kind: string, of: (point: TrendPoint) => number | undefined): string =>
    runs(points, of)
      .map((run) => run.map((at) => `${x(at)},${y(of(points[at]) ?? 0)}`).join(' '))
      .map((path) => `<polyline class="${kind}" points="${path}"/>`)
      .join('');
  const marks = points.map(({ title, value, low, high, estimated, isBad = false }, at) => {
    const bad = isBad ? ' bad' : '';
    const whisker =
      low === undefined || high === undefined
        ? ''
        : `<line class="whisker${bad}" x1="${x(at)}" x2="${x(at)}" y1="${y(low)}" y2="${y(high)}"/>`;
    const dot = value === undefined ? '' : `<circle class="dot${bad}" cx="${x(at)}" cy="${y(value)}" r="3.4"/>`;
    const guess = estimated === undefined ? '' : `<circle class="guess" cx="${x(at)}" cy="${y(estimated)}" r="2.4"/>`;
    const step = width / Math.max(1, points.length);
    const hit = `<rect class="hit" x="${(LEFT + at * step).toFixed(1)}" y="0" width="${step.toFixed(1)}" height="${HEIGHT - FOOT}"/>`;
    return `<g>${whisker}${guess}${dot}${hit}<title>${escapeHtml(title)}</title></g>`;
  });
  const middle = (LEFT + WIDTH) / 2;
  const across =
    line === undefined
      ? ''
      : `<line class="across" x1="${LEFT}" x2="${WIDTH}" y1="${y(line.value)}" y2="${y(line.value)}"/><text x="${middle}" y="${HEIGHT - 4}" text-anchor="middle">┄ ${escapeHtml(line.label)}</text>`;
  const texts = `<text x="${LEFT}" y="${HEIGHT - 4}">${escapeHtml(ends[0])}</text><text x="${WIDTH}" y="${HEIGHT - 4}" text-anchor="end">${escapeHtml(ends[1])}</text>`;
  return `<svg class="chart trend" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(name)}">${grid.join('')}${across}${curve('estimate', (point) => point.estimated)}${curve('measured', (point) => point.value)}${marks.join('')}${texts}</svg>`;
};
