/** What records keep of an image: its digest. A picture may show a person, and takes more room than all else of a row. */
import { createHash } from 'node:crypto';
import { takesFiles } from '../core/kinds/index.ts';
import type { ColumnInput } from '../core/types.ts';
import type { Answered, Answerer } from './answered.ts';

/** Fields of files, by model; asked once a model, as nearly none has any. */
const fieldsOf = new WeakMap<Answerer['manifest'], readonly string[]>();
const filesOf = ({ manifest }: Answerer): readonly string[] => {
  let names = fieldsOf.get(manifest);
  if (names === undefined) {
    names = Object.keys(manifest.inputs).filter((name) => takesFiles(manifest.inputs[name]));
    fieldsOf.set(manifest, names);
  }
  return names;
};

const digestOf = (value: unknown): unknown =>
  typeof value === 'string' || value instanceof Uint8Array
    ? `sha256:${createHash('sha256').update(value).digest('hex')}`
    : value;

const rowApart = (row: unknown, names: readonly string[]): unknown => {
  if (typeof row !== 'object' || row === null) return row;
  const digests = names.flatMap((name) =>
    Object.hasOwn(row, name) ? [[name, digestOf((row as Readonly<Record<string, unknown>>)[name])]] : [],
  );
  return { ...row, ...Object.fromEntries(digests) };
};

/** The call as it is kept: the same one, unless its model takes images. */
export const imagesApart = (answered: Answered): Answered => {
  const names = filesOf(answered.model);
  if (names.length === 0) return answered;
  const { content } = answered;
  if ('rows' in content) {
    const { json: _, ...rest } = content;
    return { ...answered, content: { ...rest, rows: content.rows.map((row) => rowApart(row, names)) } };
  }
  const columns: Record<string, ColumnInput> = { ...content.columns };
  for (const name of names)
    if (Object.hasOwn(columns, name)) columns[name] = Array.from(columns[name] as ArrayLike<unknown>, digestOf);
  return { ...answered, content: { ...content, columns } };
};
