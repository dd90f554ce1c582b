/** The rows of an answered call with their ids, as records and events name them. */
import { kindOf } from '../../../core/kinds/index.ts';
import type { Fields } from '../../../core/types.ts';
import type { Answered } from '../../../monitor/answered.ts';
import { rowAt } from '../../../monitor/values.ts';

export interface AnsweredRow {
  readonly id: string;
  readonly input: unknown;
  readonly output: unknown;
}

/** A row out of CSV with the types of its fields: who reads the event reads JSON. */
const typed = (row: unknown, inputs: Fields): unknown => {
  if (typeof row !== 'object' || row === null) return row;
  const read = (name: string, value: unknown): unknown => {
    const kind = Object.hasOwn(inputs, name) ? kindOf(inputs[name]) : undefined;
    if (typeof value !== 'string' || kind === undefined || kind.column === 'string') return value;
    const text = value.trim();
    if (text === '') return null;
    const told = kind.column === 'number' ? kind.fromCell?.(text) : undefined;
    return told === undefined || Number.isNaN(told) ? value : told;
  };
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, read(name, value)]));
};

/** About how many bytes of memory a call holds on to. */
export const sizeOf = ({ content }: Answered): number => {
  if ('columns' in content) return 500 + 64 * content.answers.rows * Object.keys(content.columns).length;
  const { json, rows } = content;
  return 500 + 100 * rows.length + (json === undefined ? 200 * rows.length : 2 * json.text.length);
};

/** Rows that were not refused. */
export const countOf = ({ content }: Answered): number => {
  if ('columns' in content) return content.answers.rows - content.answers.errors.size;
  return content.answers.reduce((count, { output }) => (output === undefined ? count : count + 1), 0);
};

/** The rows that were not refused, in their order; each is made when it is asked for. */
export function* answeredRows({ id, model, content }: Answered): Generator<AnsweredRow> {
  const { inputs, outputs } = model.manifest;
  if ('columns' in content) {
    const { columns, answers } = content;
    for (let at = 0; at < answers.rows; at++) {
      if (answers.errors.has(at)) continue;
      yield {
        id: answers.rows === 1 ? id : `${id}.${at}`,
        input: rowAt(inputs, columns, at),
        output: rowAt(outputs, answers.columns, at),
      };
    }
    return;
  }
  const { rows, answers, coerced, json, places } = content;
  const alone = rows.length === 1 && json?.many === undefined && places === undefined;
  for (const [at, { output }] of answers.entries()) {
    if (output === undefined) continue;
    const input = coerced ? typed(rows[at], inputs) : rows[at];
    yield { id: alone ? id : `${id}.${places?.[at] ?? at}`, input, output };
  }
}
