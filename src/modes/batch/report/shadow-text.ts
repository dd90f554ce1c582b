/** How a shadow's answers differ, in words. */
import type { FieldApart, ShadowCounts } from '../shadow-counts.ts';

const figure = (value: number): string => String(Number(value.toPrecision(3)));
const signed = (value: number): string => (value > 0 ? `+${figure(value)}` : figure(value));
const share = (part: number, whole: number): string => `${figure(whole === 0 ? 0 : (100 * part) / whole)} %`;

const sumOf = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0);
const codesText = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([code, times]) => `${code} ${times}`)
    .join(', ');

/** What became what, the most frequent first. */
export const movesOf = ({
  moves = {},
}: FieldApart): readonly (readonly [before: string, now: string, rows: number])[] =>
  Object.entries(moves)
    .map(([move, rows]) => {
      const [before, now] = (JSON.parse(move) as readonly unknown[]).map((value) =>
        typeof value === 'string' ? value : JSON.stringify(value),
      );
      return [before, now, rows] as const;
    })
    .toSorted((a, b) => b[2] - a[2]);

export const fieldText = (name: string, field: FieldApart): string => {
  const { rows, numbers } = field;
  if (numbers !== undefined)
    return `${name} ${signed(numbers.sum / rows)} on average, by ${figure(numbers.magnitudes / rows)} either way, by ${figure(numbers.largest)} at most`;
  const [[before, now, times] = []] = movesOf(field);
  return before === undefined ? `${name} otherwise` : `${name} most often ${before} → ${now} (${times})`;
};

/** In one sentence, such as `trees@1.1.0 beside: 12 of 300 rows (4 %) are answered otherwise: score +0.31 on average, …`. */
export const shadowText = (shadow: ShadowCounts): string => {
  const { model, version, rows, changed, refused, answered, fields, problem } = shadow;
  const said: string[] = [];
  const both = rows - sumOf(refused) - sumOf(answered) - shadow.refused_by_both;
  if (both > 0 && changed === 0) said.push(`all of ${both} rows are answered the same`);
  if (changed > 0) {
    const moved = Object.entries(fields).filter(([, field]) => field.changed > 0);
    const told = moved.map(([name, field]) => fieldText(name, field)).join('; ');
    said.push(`${changed} of ${both} rows (${share(changed, both)}) are answered otherwise: ${told}`);
  }
  if (sumOf(refused) > 0) said.push(`it refuses ${sumOf(refused)} rows that are answered (${codesText(refused)})`);
  if (sumOf(answered) > 0) said.push(`it answers ${sumOf(answered)} rows that are refused (${codesText(answered)})`);
  if (problem) said.push(`it was asked no more after ${rows} rows (${problem.code}: ${problem.message})`);
  if (said.length === 0) said.push('no row was answered by both');
  return `${model}@${version} beside: ${said.join('; ')}`;
};
