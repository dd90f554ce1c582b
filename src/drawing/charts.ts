/** Drawings of a page, as SVG that stands by itself. Colours are CSS variables of the page. */

/** One bar of a distribution; shares are of the values that are not missing. */
export interface Bar {
  readonly label: string;
  readonly share: number;
  readonly reference?: number | undefined;
  /** The values of a bin; the outer ones are drawn no farther than is worth it. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

export const percent = (share: number): string => {
  const value = share * 100;
  if (value === 0) return '0 %';
  if (value < 0.1) return '< 0.1 %';
  if (value > 99.9 && value < 100) return '> 99.9 %';
  if (value >= 99.5 && value < 100) return `${value.toFixed(1)} %`;
  return `${value >= 9.95 ? value.toFixed(0) : value.toFixed(1)} %`;
};

const WIDTH = 320;
const HEIGHT = 120;
const FOOT = 18;

const title = (bar: Bar): string => {
  const reference = bar.reference === undefined ? '' : `, reference ${percent(bar.reference)}`;
  return `<title>${escapeHtml(bar.label)}: ${percent(bar.share)}${reference}</title>`;
};

interface Drawn {
  readonly bar: Bar;
  readonly x: number;
  readonly width: number;
  /** Of bar and reference, in the same measure. */
  readonly height: number;
  readonly reference: number | undefined;
}

/** Bars of equal width, as high as their shares. */
const sideBySide = (bars: readonly Bar[]): readonly Drawn[] => {
  const step = WIDTH / bars.length;
  const gap = Math.min(6, step / 5);
  return bars.map((bar, index) => ({
    bar,
    x: index * step + gap / 2,
    width: step - gap,
    height: bar.share,
    reference: bar.reference,
  }));
};

/** Bars as wide as the values they stand for, as high as these are dense: the shape of the distribution. */
const toScale = (bars: readonly Bar[]): readonly Drawn[] => {
  const first = bars[0]?.from ?? 0;
  const range = (bars.at(-1)?.to ?? 1) - first;
  return bars.map((bar) => {
    const [from, to] = [bar.from ?? 0, bar.to ?? 0];
    const share = (to - from) / range;
    return {
      bar,
      x: ((from - first) / range) * WIDTH + 0.5,
      width: Math.max(0.5, share * WIDTH - 1),
      height: bar.share / share,
      reference: bar.reference === undefined ? undefined : bar.reference / share,
    };
  });
};

/** A distribution of numbers; lines say what the reference has. `ends` are written under it. */
export const histogram = (bars: readonly Bar[], name: string, ends: readonly string[]): string => {
  const isScaled = bars.every(({ from, to }) => from !== undefined && to !== undefined && to > from);
  const drawn = isScaled ? toScale(bars) : sideBySide(bars);
  const most = Math.max(...drawn.flatMap(({ height, reference }) => [height, reference ?? 0]), 1e-9);
  const base = HEIGHT - FOOT;
  const tall = (height: number): number => (height / most) * (base - 6);
  const shapes = drawn.map(({ bar, x, width, height, reference }) => {
    const top = base - Math.max(tall(height), bar.share > 0 ? 1 : 0);
    const body = `<rect class="bar" x="${x.toFixed(1)}" y="${top.toFixed(1)}" width="${width.toFixed(1)}" height="${(base - top).toFixed(1)}" rx="1.5"/>`;
    const y = (base - tall(reference ?? 0)).toFixed(1);
    const mark =
      reference === undefined
        ? ''
        : `<line class="ref" x1="${x.toFixed(1)}" x2="${(x + width).toFixed(1)}" y1="${y}" y2="${y}"/>`;
    const hit = `<rect class="hit" x="${x.toFixed(1)}" y="0" width="${width.toFixed(1)}" height="${base}"/>`;
    return `<g>${body}${mark}${hit}${title(bar)}</g>`;
  });
  const anchors = ['start', 'middle', 'end'];
  const texts = ends.map(
    (text, index) =>
      `<text x="${(index * WIDTH) / 2}" y="${HEIGHT - 4}" text-anchor="${anchors[index]}">${escapeHtml(text)}</text>`,
  );
  return `<svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Distribution of ${escapeHtml(name)}">${shapes.join('')}<line class="base" x1="0" x2="${WIDTH}" y1="${base}" y2="${base}"/>${texts.join('')}</svg>`;
};

/** Bars under each other for labels. */
export const rows = (bars: readonly Bar[]): string => {
  const most = Math.max(...bars.flatMap((bar) => [bar.share, bar.reference ?? 0]), 1e-9);
  const length = (share: number): string => `${((share / most) * 100).toFixed(1)}%`;
  const line = (bar: Bar): string => {
    const mark = bar.reference === undefined ? '' : `<i style="left:${length(bar.reference)}"></i>`;
    const reference = bar.reference === undefined ? '' : ` (reference ${percent(bar.reference)})`;
    return `<li title="${escapeHtml(bar.label)}: ${percent(bar.share)}${reference}"><span class="label">${escapeHtml(bar.label)}</span><span class="track"><b style="width:${length(bar.share)}"></b>${mark}</span><span class="value">${percent(bar.share)}</span></li>`;
  };
  return `<ul class="rows">${bars.map(line).join('')}</ul>`;
};

/** One bar cut into parts. */
export const parts = (
  list: readonly { readonly name: string; readonly value: number; readonly text: string }[],
): string => {
  const total = list.reduce((sum, { value }) => sum + value, 0) || 1;
  const share = (value: number): string => `${((value / total) * 100).toFixed(1)}%`;
  const bar = list.map(
    ({ name, value }, index) =>
      `<b class="part${index}" style="width:${share(value)}" title="${escapeHtml(name)}: ${share(value)}"></b>`,
  );
  const keys = list.map(
    ({ name, value, text }, index) =>
      `<span><i class="part${index}"></i>${escapeHtml(name)} <strong>${percent(value / total)}</strong> <small>${escapeHtml(text)}</small></span>`,
  );
  return `<div class="parts">${bar.join('')}</div><div class="keys">${keys.join('')}</div>`;
};
