/** Drawings of a report, as SVG that stands by itself. Colours are CSS variables of the page. */
import type { Bar } from './compare.ts';

export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

export const percent = (share: number): string => {
  const value = share * 100;
  if (value > 0 && value < 0.1) return '< 0.1 %';
  return `${value >= 9.95 ? value.toFixed(0) : value.toFixed(1)} %`;
};

const WIDTH = 320;
const HEIGHT = 120;
const FOOT = 18;

const title = (bar: Bar): string => {
  const reference = bar.reference === undefined ? '' : `, reference ${percent(bar.reference)}`;
  return `<title>${escapeHtml(bar.label)}: ${percent(bar.share)}${reference}</title>`;
};

/** Bars side by side for values in an order; a line over each says what the reference has there. */
export const columns = (bars: readonly Bar[], name: string): string => {
  const most = Math.max(...bars.flatMap((bar) => [bar.share, bar.reference ?? 0]), 1e-9);
  const step = WIDTH / bars.length;
  const width = Math.max(2, step - 4);
  const heightOf = (share: number): number => (share / most) * (HEIGHT - FOOT - 6);
  const drawn = bars.map((bar, index) => {
    const x = index * step + (step - width) / 2;
    const height = heightOf(bar.share);
    const base = HEIGHT - FOOT;
    const body = `<rect class="bar" x="${x.toFixed(1)}" y="${(base - height).toFixed(1)}" width="${width.toFixed(1)}" height="${Math.max(height, bar.share > 0 ? 1 : 0).toFixed(1)}" rx="2"/>`;
    const y = base - heightOf(bar.reference ?? 0);
    const mark =
      bar.reference === undefined
        ? ''
        : `<line class="ref" x1="${(x - 1).toFixed(1)}" x2="${(x + width + 1).toFixed(1)}" y1="${y.toFixed(1)}" y2="${y.toFixed(1)}"/>`;
    return `<g><rect class="hit" x="${(index * step).toFixed(1)}" y="0" width="${step.toFixed(1)}" height="${base}"/>${body}${mark}${title(bar)}</g>`;
  });
  const first = escapeHtml(bars[0]?.label ?? '');
  const last = bars.length > 1 ? escapeHtml(bars.at(-1)?.label ?? '') : '';
  const middle = bars.length > 4 ? escapeHtml(bars[bars.length >> 1]?.label ?? '') : '';
  return `<svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Distribution of ${escapeHtml(name)}">
<line class="base" x1="0" x2="${WIDTH}" y1="${HEIGHT - FOOT}" y2="${HEIGHT - FOOT}"/>
${drawn.join('\n')}
<text x="0" y="${HEIGHT - 4}">${first}</text><text x="${WIDTH / 2}" y="${HEIGHT - 4}" text-anchor="middle">${middle}</text><text x="${WIDTH}" y="${HEIGHT - 4}" text-anchor="end">${last}</text>
</svg>`;
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
