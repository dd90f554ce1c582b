/** Any text. */
import type { FieldBase, StringKind } from './kind.ts';
import { maxLength, nullable } from './schemas.ts';
import { MAX_TEXT, readTexts, textSchema, texts } from './texts.ts';

export interface TextField extends FieldBase {
  readonly kind: 'text';
  readonly maxLength?: number;
}

export const text: StringKind<TextField> = {
  ...texts,
  settings: { properties: { maxLength, nullable } },
  describe: ({ maxLength = MAX_TEXT }) => `a text of at most ${maxLength} characters`,
  sample: () => 'text',
  schema: textSchema,
  read: readTexts,
  profile: 'lengths',
};
