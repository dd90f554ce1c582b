/** What asks of what kind a field is asks here. */
import type { FormControl, Kind, Labels, TensorInfo } from './kind.ts';
import { kinds } from './table.ts';

export { kindNames, kinds, loadKinds } from './table.ts';

type FieldOf<K> = K extends { describe(field: infer F): string } ? F : never;
/** A field of the signature, of any kind. */
export type Field = FieldOf<(typeof kinds)[keyof typeof kinds]>;
export type Fields = Readonly<Record<string, Field>>;

/** What is known of the field's kind. Ask once a field, not once a value. */
export const kindOf = (field: Field): Kind<Field> => kinds[field.kind];

/** What a field wants, in words: "a number from 0 to 200 (mile) or null". */
export const describe = (field: Field): string => `${kindOf(field).describe(field)}${field.nullable ? ' or null' : ''}`;

/** dtype and shape of a field whose values are tensors; undefined of all others. */
export const tensorOf = (field: Field): TensorInfo | undefined => {
  const kind = kindOf(field);
  return kind.column === 'tensor' ? kind.tensor(field) : undefined;
};

/** True of a field whose numbers are ms since the epoch. */
export const isInstant = (field: Field | undefined): boolean => {
  const kind = field && kindOf(field);
  return kind?.column === 'number' && kind.isInstant === true;
};

/** The texts that are known of a field; undefined where it has none. */
export const labelsOf = (field: Field): Labels | undefined => {
  const kind = kindOf(field);
  return kind.column === 'string' ? kind.labels?.(field) : undefined;
};

/** True of a field whose values are files: bytes, or their base64. */
export const takesFiles = (field: Field): boolean => {
  const kind = kindOf(field);
  return kind.column === 'string' && kind.isFile === true;
};

/** How a person gives a value of a field in a form. */
export const controlOf = (field: Field): FormControl => {
  const kind = kindOf(field);
  if (kind.control) return kind.control(field);
  const labels = labelsOf(field);
  if (labels === undefined) return { shape: 'line', reads: 'text' };
  return { shape: 'choice', reads: 'text', options: labels.all, isOpen: labels.isOpen };
};
