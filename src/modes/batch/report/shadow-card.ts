/** The part of a report that tells how a shadow's answers differ. */
import { escapeHtml } from '../../../drawing/charts.ts';
import type { FieldApart } from '../shadow-counts.ts';
import type { Report } from './report.ts';
import { fieldText, movesOf, shadowText } from './shadow-text.ts';

const MOST_MOVES = 8;

const movesTable = (field: FieldApart): string => {
  const moves = movesOf(field).slice(0, MOST_MOVES);
  const line = ([before, now, rows]: (typeof moves)[number]): string =>
    `<tr><td>${escapeHtml(before)}</td><td>${escapeHtml(now)}</td><td class="n">${rows}</td></tr>`;
  if (moves.length === 0) return '';
  return `<table><thead><tr><th>answered</th><th>by the shadow</th><th class="n">rows</th></tr></thead><tbody>${moves.map(line).join('')}</tbody></table>`;
};

export const shadowCard = ({ summary: { shadow } }: Report): string => {
  if (shadow === undefined) return '';
  const moved = Object.entries(shadow.fields).filter(([, { changed }]) => changed > 0);
  const fields = moved.map(
    ([name, field]) =>
      `<p style="margin-top:12px"><b>${escapeHtml(name)}</b>: ${field.changed} of ${field.rows} rows; ${escapeHtml(fieldText(name, field))}</p>${movesTable(field)}`,
  );
  return `<h2>Beside ${escapeHtml(shadow.model)} ${escapeHtml(shadow.version)}<small>a shadow: nothing of it was written</small></h2><div class="card"><p>${escapeHtml(shadowText(shadow))}</p>${fields.join('')}</div>`;
};
