/** Signatures as JSON Schema (2020-12, as OpenAPI 3.1 has it). */
import { describe, kindOf } from '../../core/kinds/index.ts';
import type { Schema } from '../../core/kinds/kind.ts';
import type { Field, Fields } from '../../core/types.ts';

const fieldSchema = (field: Field): Schema => ({
  ...kindOf(field).schema(field),
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
