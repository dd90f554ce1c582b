/** Signatures as JSON Schema (2020-12, as OpenAPI 3.1 has it). */
import { describe } from '../../core/kinds/index.ts';
import type { Field, Fields } from '../../core/types.ts';

export type Schema = Readonly<Record<string, unknown>>;

const typeOf = (type: string, nullable: boolean | undefined) => (nullable ? [type, 'null'] : type);

const elementSchema = (dtype: string): Schema => ({
  type: dtype === 'string' ? 'string' : dtype === 'bool' ? 'boolean' : dtype.startsWith('float') ? 'number' : 'integer',
});

const bareSchema = (field: Field): Schema => {
  switch (field.kind) {
    case 'number':
    case 'integer':
      return {
        type: typeOf(field.kind, field.nullable),
        ...(field.min !== undefined && { minimum: field.min }),
        ...(field.max !== undefined && { maximum: field.max }),
      };
    case 'boolean':
      return { type: typeOf('boolean', field.nullable) };
    case 'category': {
      const closed = field.labels !== undefined && field.unknown !== 'allow';
      return {
        type: typeOf('string', field.nullable),
        ...(closed && { enum: field.nullable ? [...field.labels, null] : field.labels }),
        ...(!closed && field.labels && { examples: field.labels.slice(0, 10) }),
        ...(field.maxLength !== undefined && { maxLength: field.maxLength }),
      };
    }
    case 'text':
      return {
        type: typeOf('string', field.nullable),
        ...(field.maxLength !== undefined && { maxLength: field.maxLength }),
      };
    case 'datetime':
      // Without an offset, where the field has a zone, it is no RFC 3339 date-time.
      return { type: typeOf('string', field.nullable), ...(field.zone === undefined && { format: 'date-time' }) };
    case 'tensor':
      return [...field.shape]
        .reverse()
        .reduce<Schema>(
          (items, length) => ({ type: 'array', items, minItems: length, maxItems: length }),
          elementSchema(field.dtype),
        );
  }
};

const fieldSchema = (field: Field): Schema => ({
  ...bareSchema(field),
  description: [field.description, `${describe(field)[0].toUpperCase()}${describe(field).slice(1)}.`]
    .filter(Boolean)
    .join(' — '),
  ...(field.example !== undefined && { examples: [field.example] }),
  ...('unit' in field && field.unit !== undefined && { 'x-unit': field.unit }),
});

/** `extra` says whether other fields may stand beside these. */
export const rowSchema = (fields: Fields, extra: boolean): Schema => ({
  type: 'object',
  properties: Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, fieldSchema(field)])),
  required: Object.keys(fields).filter((name) => !fields[name].nullable),
  ...(!extra && { additionalProperties: false }),
});
