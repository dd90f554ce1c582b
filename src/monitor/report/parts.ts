/** Parts of the page that several sections are made of. */

import { escapeHtml } from '../../drawing/charts.ts';
import type { Alert } from '../alerts/alert.ts';
import { sections } from './report-words.ts';

export const minute = (iso: string): string => iso.slice(0, 16).replace('T', ' ');

export const section = (title: string, note: string, body: string): string =>
  body === '' ? '' : `<h2>${title}<small>${note}</small></h2>${body}`;

export const table = (heads: readonly string[], lines: readonly (readonly string[])[]): string =>
  lines.length === 0
    ? ''
    : `<div class="card scroll"><table><thead><tr>${heads.map((head) => `<th>${head}</th>`).join('')}</tr></thead><tbody>${lines.map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`).join('')}</tbody></table></div>`;

const alertLine = ({ concern, status, started_at, resolved_at, sentence, acknowledged }: Alert): readonly string[] => [
  minute(started_at),
  resolved_at === undefined ? (status === 'firing' ? '<b>fires</b>' : '') : minute(resolved_at),
  sections[concern],
  `${escapeHtml(sentence)}${acknowledged?.why === undefined ? '' : `<br><small>${escapeHtml(acknowledged.by)}: ${escapeHtml(acknowledged.why)}</small>`}`,
];

export const alertTable = (alerts: readonly Alert[]): string =>
  table(['began', 'over', '', 'what'], alerts.map(alertLine));
