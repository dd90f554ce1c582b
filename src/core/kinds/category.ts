/** A text out of few: one of its labels, where it has some. */
import { show } from '../errors.ts';
import type { FieldBase, StringKind } from './kind.ts';
import { maxLength, nullable } from './schemas.ts';
import { readTexts, textSchema, texts } from './texts.ts';

export interface CategoryField extends FieldBase {
  readonly kind: 'category';
  readonly labels?: readonly string[];
  /** What to do with a value outside `labels`; `reject` unless given. Without labels every value is allowed. */
  readonly unknown?: 'reject' | 'allow';
  readonly maxLength?: number;
}

/** The labels outside which no value is allowed. */
const closedLabels = ({ labels, unknown }: CategoryField): readonly string[] | undefined =>
  unknown === 'allow' ? undefined : labels;

/** So many labels are named in messages. */
const MAX_SHOWN = 8;
/** So many of an open field's labels are examples. */
const MAX_EXAMPLES = 10;

export const category: StringKind<CategoryField> = {
  ...texts,
  settings: {
    properties: {
      labels: {
        type: 'array',
        items: { type: 'string' },
        minItems: 1,
        uniqueItems: true,
        description: 'Values that are known',
      },
      unknown: {
        enum: ['reject', 'allow'],
        description: 'A value outside labels is refused (default) or passed on to the model',
      },
      maxLength,
      nullable,
    },
  },
  describe(field) {
    const labels = closedLabels(field);
    if (labels === undefined) {
      const { maxLength } = field;
      return `a category (text)${maxLength === undefined ? '' : ` of at most ${maxLength} characters`}`;
    }
    const more = labels.length - MAX_SHOWN;
    return `one of ${labels.slice(0, MAX_SHOWN).map(show).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  },
  sample: ({ labels }) => labels?.[0] ?? 'a',
  schema(field) {
    const { nullable, labels } = field;
    const closed = closedLabels(field);
    if (closed) return { ...textSchema(field), enum: nullable ? [...closed, null] : closed };
    return { ...textSchema(field), ...(labels && { examples: labels.slice(0, MAX_EXAMPLES) }) };
  },
  read(field, complain, coerce) {
    const labels = closedLabels(field);
    return readTexts(field, complain, coerce, labels && new Set(labels));
  },
  profile: 'labels',
  labels: ({ labels, unknown }) => labels && { all: labels, isOpen: unknown === 'allow' },
};
