/** Bodies that are files: one image as it is, or several parts of a form. */
import { fail } from '../../../core/errors.ts';
import { takesFiles } from '../../../core/kinds/index.ts';
import type { Fields } from '../../../core/types.ts';
import { tooManyRows } from '../reading/row-limits.ts';

/** Content types of bodies that are read here. */
export const FILE_TYPES = /^(?:image\/|application\/dicom\b|multipart\/form-data\b)/i;

export interface FileRows {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** Whether the form has several files: they are answered as a list. */
  readonly isMany: boolean;
}

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');

const refuse = (expected: string, got: string) =>
  fail('UNSUPPORTED_MEDIA', `Expected ${expected}, got ${got}.`, { field: 'content-type', expected, got });

/** The parts of a form: texts by name, and files, those of one name in their order. */
const partsOf = async (bytes: Uint8Array, contentType: string) => {
  const body = new Uint8Array(bytes).buffer;
  try {
    return [...(await new Response(body, { headers: { 'content-type': contentType } }).formData()).entries()];
  } catch {
    const expected = 'multipart/form-data from its first boundary to its last';
    throw fail('BAD_REQUEST', `The body is no ${expected}.`, { field: 'content-type', expected });
  }
};

/**
 * The rows of a body of files. An image as it is stands for the one field of images that a model has; a form brings other
 * fields, too, as texts, and may bring several files of that field: a row for each.
 *
 * @throws UNSUPPORTED_MEDIA for a model without images; BAD_REQUEST; TOO_MANY_ROWS
 */
export const fileRows = async (
  bytes: Uint8Array,
  contentType: string,
  fields: Fields,
  most: number,
): Promise<FileRows> => {
  const names = Object.keys(fields).filter((name) => takesFiles(fields[name]));
  if (names.length === 0)
    throw refuse('content-type: application/json or text/csv, as the model has no images', contentType);
  if (!/^multipart\//i.test(contentType)) {
    if (names.length > 1) throw refuse(`multipart/form-data with ${names.join(', ')}`, contentType);
    return { rows: [{ [names[0]]: base64(bytes) }], isMany: false };
  }
  const shared: Record<string, unknown> = {};
  const files = new Map<string, string[]>();
  for (const [name, value] of await partsOf(bytes, contentType)) {
    if (typeof value === 'string') {
      Object.defineProperty(shared, name, { value, enumerable: true, configurable: true, writable: true });
      continue;
    }
    // A part whose name is that of no field is the one image, whatever a form calls it.
    const field = names.includes(name) || names.length > 1 ? name : names[0];
    files.set(field, [...(files.get(field) ?? []), base64(new Uint8Array(await value.arrayBuffer()))]);
  }
  const count = Math.max(1, ...[...files.values()].map((list) => list.length));
  if (count > most) throw tooManyRows(most);
  const rows = Array.from({ length: count }, (_, row) => ({
    ...shared,
    ...Object.fromEntries([...files].map(([name, list]) => [name, list[list.length === 1 ? 0 : row]])),
  }));
  return { rows, isMany: count > 1 };
};
