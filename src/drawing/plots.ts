/** Plots on two axes, as SVG that stands by itself: curves, points with their intervals, and a diagonal to compare with. */
import { escapeHtml } from './charts.ts';

/** A place on the plot, in the units of its axes; `low` and `high` are the ends of an interval of y. */
export interface PlotPoint {
  readonly x: number;
  readonly y: number;
  readonly low?: number;
  readonly high?: number;
  /** What a reader is told who points at it. */
  readonly title?: string;
}

export interface Series {
  /** Drawn in the colour of the first or the second version. */
  readonly colour: 0 | 1;
  readonly points: readonly PlotPoint[];
  readonly as: 'line' | 'points' | 'dots';
}

export interface Axis {
  readonly from: number;
  readonly to: number;
  readonly label: string;
}

export interface PlotOptions {
  readonly name: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  readonly hasDiagonal?: boolean;
  /** A line where y is 0. */
  readonly hasZero?: boolean;
}

const SIZE = 320;
const LEFT = 44;
const FOOT = 34;
const TICKS = 5;

const short = (value: number): string => String(Number(value.toPrecision(3)));

/** Where ticks stand: round numbers within the axis. */
export const ticksOf = ({ from, to }: Axis): readonly number[] => {
  const rough = (to - from) / TICKS;
  if (!(rough > 0)) return [from];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((one) => one >= rough) ?? 10 * power;
  const first = Math.ceil(from / step - 1e-9);
  const count = Math.floor(to / step + 1e-9) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, at) => Number(((first + at) * step).toPrecision(12)));
};

export const plot = ({ name, x, y, series, hasDiagonal = false, hasZero = false }: PlotOptions): string => {
  const [width, height] = [SIZE - LEFT - 6, SIZE - FOOT - 8];
  const px = (value: number): string => (LEFT + ((value - x.from) / (x.to - x.from || 1)) * width).toFixed(1);
  const py = (value: number): string => (8 + (1 - (value - y.from) / (y.to - y.from || 1)) * height).toFixed(1);
  const grid = [
    ...ticksOf(x).map(
      (at) =>
        `<line class="grid" x1="${px(at)}" x2="${px(at)}" y1="8" y2="${8 + height}"/><text x="${px(at)}" y="${8 + height + 13}" text-anchor="middle">${short(at)}</text>`,
    ),
    ...ticksOf(y).map(
      (at) =>
        `<line class="grid" x1="${LEFT}" x2="${LEFT + width}" y1="${py(at)}" y2="${py(at)}"/><text x="${LEFT - 5}" y="${py(at)}" dy="3" text-anchor="end">${short(at)}</text>`,
    ),
  ];
  const low = Math.max(x.from, y.from);
  const high = Math.min(x.to, y.to);
  const diagonal =
    hasDiagonal && high > low
      ? `<line class="diagonal" x1="${px(low)}" y1="${py(low)}" x2="${px(high)}" y2="${py(high)}"/>`
      : '';
  const zero = hasZero ? `<line class="diagonal" x1="${LEFT}" x2="${LEFT + width}" y1="${py(0)}" y2="${py(0)}"/>` : '';
  const shapes = series.map(({ colour, points, as }) => {
    if (as === 'line')
      return `<polyline class="curve c${colour}" points="${points.map((one) => `${px(one.x)},${py(one.y)}`).join(' ')}"/>`;
    const marks = points.map((one) => {
      const whisker =
        one.low === undefined || one.high === undefined
          ? ''
          : `<line class="whisker c${colour}" x1="${px(one.x)}" x2="${px(one.x)}" y1="${py(one.low)}" y2="${py(one.high)}"/>`;
      const title = one.title === undefined ? '' : `<title>${escapeHtml(one.title)}</title>`;
      return `<g>${whisker}<circle class="${as} c${colour}" cx="${px(one.x)}" cy="${py(one.y)}" r="${as === 'dots' ? 1.8 : 3.6}">${title}</circle></g>`;
    });
    return marks.join('');
  });
  const labels = `<text x="${LEFT + width / 2}" y="${SIZE - 4}" text-anchor="middle">${escapeHtml(x.label)}</text><text transform="translate(11 ${8 + height / 2}) rotate(-90)" text-anchor="middle">${escapeHtml(y.label)}</text>`;
  return `<svg class="plot" viewBox="0 0 ${SIZE} ${SIZE}" role="img" aria-label="${escapeHtml(name)}">${grid.join('')}${diagonal}${zero}${shapes.join('')}${labels}</svg>`;
};

export interface Whisker {
  readonly label: string;
  readonly note: string;
  /** One a version. */
  readonly values: readonly {
    readonly value: number;
    readonly low?: number | undefined;
    readonly high?: number | undefined;
    readonly text: string;
  }[];
  readonly isMarked: boolean;
}

/** A line a part: its figure and its interval on one scale, and where the whole is. */
export const whiskers = (parts: readonly Whisker[], wholes: readonly number[]): string => {
  const ends = parts.flatMap(({ values }) => values.flatMap(({ value, low = value, high = value }) => [low, high]));
  const all = [...ends, ...wholes].filter(Number.isFinite);
  const [from, to] = [Math.min(...all), Math.max(...all)];
  const at = (value: number): string => `${(2 + ((value - from) / (to - from || 1)) * 96).toFixed(1)}%`;
  const line = ({ label, note, values, isMarked }: Whisker): string => {
    const marks = values.map(({ value, low, high }, version) =>
      Number.isFinite(value)
        ? `${low === undefined || high === undefined ? '' : `<b class="c${version}" style="left:${at(low)};right:calc(100% - ${at(high)})"></b>`}<i class="c${version}" style="left:${at(value)}"></i>`
        : '',
    );
    const whole = wholes.map((one, version) => `<u class="c${version}" style="left:${at(one)}"></u>`).join('');
    return `<li${isMarked ? ' class="marked"' : ''}><span class="label">${escapeHtml(label)} <small>${escapeHtml(note)}</small></span><span class="lane">${whole}${marks.join('')}</span><span class="value">${values.map(({ text }) => escapeHtml(text)).join('<br>')}</span></li>`;
  };
  return `<ul class="whiskers">${parts.map(line).join('')}</ul>`;
};

/** Counts of what was true down against what was predicted across, darker where more of a line is. */
export const matrix = (labels: readonly string[], counts: readonly (readonly number[])[]): string => {
  const cells = counts.map((line, truth) => {
    const rows = line.reduce((sum, one) => sum + one, 0);
    const cell = (value: number, predicted: number): string => {
      const share = rows === 0 ? 0 : value / rows;
      return `<td class="${predicted === truth ? 'right' : 'wrong'}" style="--share:${share.toFixed(3)}" title="${escapeHtml(labels[truth])} called ${escapeHtml(labels[predicted])}: ${value} of ${rows}"><span>${value}</span></td>`;
    };
    return `<tr><th>${escapeHtml(labels[truth])}</th>${line.map(cell).join('')}</tr>`;
  });
  const head = labels.map((label) => `<th>${escapeHtml(label)}</th>`).join('');
  return `<table class="matrix"><thead><tr><th><small>true ↓ predicted →</small></th>${head}</tr></thead><tbody>${cells.join('')}</tbody></table>`;
};

/** The style of what is drawn here, beside that of the page. */
export const plotCss = `
.plot{width:100%;height:auto;display:block}
.plot text{font-size:10px;fill:var(--soft)}
.plot .grid{stroke:var(--line)}
.plot .diagonal{stroke:var(--soft);stroke-dasharray:4 4}
.plot .curve{fill:none;stroke-width:2.2;stroke-linejoin:round}
.plot .curve.c0,.plot .whisker.c0{stroke:var(--bar)}.plot .curve.c1,.plot .whisker.c1{stroke:var(--ref)}
.plot .whisker{stroke-width:1.6}
.plot .points.c0,.plot .dots.c0{fill:var(--bar)}.plot .points.c1,.plot .dots.c1{fill:var(--ref)}
.plot .dots{fill-opacity:.45}
.whiskers{list-style:none;margin:0;padding:0;font-size:13px}
.whiskers li{display:grid;grid-template-columns:minmax(120px,32%) 1fr 190px;gap:14px;align-items:center;padding:5px 0;border-bottom:1px solid var(--line)}
.whiskers li:last-child{border-bottom:0}
.whiskers .marked .label{color:var(--bad);font-weight:600}
.whiskers .label{overflow-wrap:anywhere}
.whiskers .lane{position:relative;height:18px;background:var(--tint);border-radius:4px}
.whiskers b,.whiskers i,.whiskers u{position:absolute}
.whiskers b{top:8px;height:2.5px}.whiskers i{top:4px;width:10px;height:10px;margin-left:-5px;border-radius:50%}
.whiskers u{top:0;bottom:0;width:1.5px;opacity:.55}
.whiskers .c0{background:var(--bar)}.whiskers .c1{background:var(--ref)}
.whiskers b.c1{top:12px}.whiskers i.c1{top:8px}
.whiskers .value{text-align:right;color:var(--soft);white-space:nowrap}
.matrix{width:auto}
.matrix th,.matrix td{border:0;padding:3px}
.matrix td span{display:block;min-width:64px;padding:12px 10px;text-align:center;border-radius:8px;background:color-mix(in srgb,var(--hue) calc(var(--share)*70%),var(--tint))}
.matrix .right{--hue:var(--good)}.matrix .wrong{--hue:var(--bad)}
.word{font-weight:600}.word.better{color:var(--good)}.word.worse{color:var(--bad)}.word.unknown{color:var(--soft);font-weight:400}
.legend i.c0{background:var(--bar)}.legend i.c1{background:var(--ref)}
.scroll{overflow-x:auto}
@media (max-width:560px){.whiskers li{grid-template-columns:1fr}.whiskers .value{text-align:left}}
`;
