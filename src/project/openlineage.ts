/** `openlineage:` in millrace.yaml: who is told what batch runs read and write. */
import { DURATION_PATTERN } from '../core/duration.ts';
import { text } from './deployments/schema-words.ts';

export interface LineageSettings {
  /** Empty where nobody is told. */
  readonly url: string;
  readonly api_key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly namespace?: string;
  readonly timeout?: string;
}

const url = {
  description: 'http:// or https://; the path is /api/v1/lineage where the address has none; empty for nobody',
  type: 'string',
};

export const openlineage = {
  description: 'Who is told, as OpenLineage has it, what batch runs read and write',
  oneOf: [
    url,
    {
      description: 'With a key, or names of its own',
      type: 'object',
      additionalProperties: false,
      required: ['url'],
      properties: {
        url,
        api_key: text('Sent as authorization: Bearer …; from the environment: ${OPENLINEAGE_API_KEY}'),
        headers: {
          description: 'Further headers of each call',
          type: 'object',
          maxProperties: 20,
          propertyNames: { pattern: '^[A-Za-z0-9-]+$' },
          additionalProperties: text('Its value; secrets from the environment'),
        },
        namespace: text('The namespace of jobs; millrace unless given'),
        timeout: {
          description: 'How long a call may take; 5s unless given',
          type: 'string',
          pattern: DURATION_PATTERN,
        },
      },
    },
  ],
} as const;
