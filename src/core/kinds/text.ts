/** Any text. */
import type { FieldBase, StringKind } from './kind.ts';
import { maxLength, nullable } from './settings.ts';
import { MAX_TEXT, readTexts, textProtocol, textSchema } from './texts.ts';

export interface TextField extends FieldBase {
  readonly kind: 'text';
  readonly maxLength?: number;
}

export const text: StringKind<TextField> = {
  column: 'string',
  settings: { properties: { maxLength, nullable } },
  describe: ({ maxLength = MAX_TEXT }) => `a text of at most ${maxLength} characters`,
  sample: () => 'text',
  schema: textSchema,
  control: () => ({ shape: 'line', reads: 'text' }),
  read: readTexts,
  writeAs: 'as text',
  protocol: textProtocol,
  /** By their length, so that none is kept. */
  profile: {
    as: 'number',
    unit: 'characters',
    numberOf: () => (value) => (typeof value === 'string' ? value.length : Number.NaN),
  },
  sqlType: 'VARCHAR',
};
