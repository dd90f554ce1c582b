/** The words in which OpenAPI 3.1 describes an address. */
import type { Schema } from '../../../core/kinds/kind.ts';

/** What stands at a path and a method of the document. */
export type Operation = Schema;

export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

export const json = (schema: Schema, example?: unknown): Schema => ({
  'application/json': { schema, ...(example !== undefined && { example }) },
});

export const object = (properties: Readonly<Record<string, Schema>>, required: readonly string[]): Schema => ({
  type: 'object',
  properties,
  required,
});

export const anything: Schema = { type: 'object' };

/** The package that answered. */
export const identity = { model: { type: 'string' }, version: { type: 'string' }, digest: { type: 'string' } };

export const refused: Schema = { description: 'Refused.', content: json(ref('Error')) };
export const refusedByProtocol: Schema = { description: 'Refused.', content: json(ref('ProtocolError')) };
export const notReady: Schema = { 503: { description: 'Not now.' } };

/** Of an address that is only read. */
export const reads = (tag: string, summary: string, more: Schema = {}): Operation => ({
  summary,
  tags: [tag],
  responses: { 200: { description: 'The answer.' }, ...more },
});

/** Of one that is posted to. */
export const posts = (tag: string, summary: string, schema: Schema, error: Schema): Operation => ({
  summary,
  tags: [tag],
  requestBody: { required: false, content: json(schema) },
  responses: { 200: { description: 'The answer.' }, default: error },
});
