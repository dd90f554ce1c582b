/** A picture: a file of one of the usual formats. A step makes a tensor of its samples. */
import { isBlank, isProblem, missing } from '../field.ts';
import type { FieldBase, StringKind } from './kind.ts';
import { nullable, orNull } from './schemas.ts';

export interface ImageField extends FieldBase {
  readonly kind: 'image';
  /** Bytes of a file at most; 16 MiB unless given. */
  readonly maxBytes?: number;
}

/** Bytes of an image file, unless its field says otherwise. */
export const MAX_IMAGE_BYTES = 16 * 2 ** 20;

/** Characters that so many bytes are as base64, with room for the head of a data URL. */
const charactersOf = ({ maxBytes = MAX_IMAGE_BYTES }: ImageField): number => Math.ceil(maxBytes / 3) * 4 + 100;

/** A white pixel, as PNG. */
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8/5+hHgAHggJ/PchI7wAAAABJRU5ErkJggg==';

/** Bytes are made text a piece at a time: a call has room for so many words. */
const PIECE_BYTES = 8192;

const base64Of = (bytes: Uint8Array): string => {
  let binary = '';
  for (let at = 0; at < bytes.length; at += PIECE_BYTES)
    binary += String.fromCharCode(...bytes.subarray(at, at + PIECE_BYTES));
  return btoa(binary);
};

/** Values are texts: base64, a data URL, or where a mode allows it the path of a file; bytes are taken as base64. */
export const image: StringKind<ImageField> = {
  column: 'string',
  isFile: true,
  settings: {
    properties: {
      nullable,
      maxBytes: { type: 'integer', minimum: 1, description: 'Bytes of a file at most (default 16777216)' },
    },
  },
  describe: () => 'an image (JPEG, PNG, WebP, BMP, TIFF or DICOM) as base64 or a data URL',
  sample: () => PIXEL,
  schema: (field) => ({
    type: orNull('string', field.nullable),
    contentEncoding: 'base64',
    contentMediaType: 'image/*',
    maxLength: charactersOf(field),
  }),
  control: () => ({ shape: 'lines', reads: 'text' }),
  read: (field, complain, coerce) => {
    const most = charactersOf(field);
    return (value) => {
      if (value === undefined || value === null || Number.isNaN(value) || (coerce && isBlank(value))) {
        const none = missing(field.nullable, value, complain);
        return isProblem(none) ? none : null;
      }
      if (value instanceof Uint8Array)
        return value.length > most ? complain('IMAGE_TOO_LARGE', value, `${value.length} bytes`) : base64Of(value);
      if (typeof value !== 'string' || value === '') return complain('WRONG_TYPE', value);
      return value.length > most ? complain('IMAGE_TOO_LARGE', value, `${value.length} characters`) : value;
    };
  },
  protocol: { datatype: 'BYTES', dtypes: [] },
  sqlType: 'VARCHAR',
};
