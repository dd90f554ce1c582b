/** Rows as CSV that any program could have written, and what came out of it again. */
import type { Cell, Fields, Row } from './held-out.ts';

/** Texts stand in quotes, so that an empty one is not a missing one. */
const cellText = (value: Cell): string => {
  if (value === null) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `"${text.replaceAll('"', '""')}"`;
};

export const toCsv = (rows: readonly Row[]): string =>
  [
    Object.keys(rows[0]).map(cellText).join(','),
    ...rows.map((row) => Object.values(row).map(cellText).join(',')),
    '',
  ].join('\n');

const cellsOf = (line: string): readonly string[] =>
  [...`,${line}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) =>
    quoted === undefined ? plain : quoted.replaceAll('""', '"'),
  );

const cellOf = (kind: string, text: string): Cell => {
  if (kind === 'boolean') return text === 'true';
  return ['number', 'integer', 'tensor'].includes(kind) ? (JSON.parse(text) as Cell) : text;
};

/** The columns of these fields; no text in them has a line of its own. */
export const fromCsv = (text: string, fields: Fields): readonly Row[] => {
  const [head, ...lines] = text.trimEnd().split('\n').map(cellsOf);
  const columns = Object.entries(fields).map(([name, { kind }]) => ({ name, kind, at: head.lastIndexOf(name) }));
  return lines.map((cells) => Object.fromEntries(columns.map(({ name, kind, at }) => [name, cellOf(kind, cells[at])])));
};
