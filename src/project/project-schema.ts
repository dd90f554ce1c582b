/** The JSON Schema of millrace.yaml, published as schemas/millrace.schema.json (`npm run schemas` writes it). */
import { channel } from './channels.ts';
import { batchDeployment } from './deployments/batch.ts';
import { decideDeployment } from './deployments/decide.ts';
import { edgeDeployment } from './deployments/edge.ts';
import { serviceDeployment } from './deployments/service.ts';
import { streamDeployment } from './deployments/stream.ts';
import { environments } from './environments.ts';
import { openlineage } from './openlineage.ts';
import { trust } from './trust.ts';

export const modes = ['service', 'batch', 'stream', 'decide', 'edge'] as const;

const text = (description: string) => ({ description, type: 'string', minLength: 1 });

const name = {
  description: 'a name of lower-case letters, digits, dashes, dots and underscores that begins with a letter',
  type: 'string',
  pattern: '^[a-z](?:[a-z0-9._-]*[a-z0-9])?$',
  maxLength: 100,
};

const deployment = {
  description: 'What runs, in this mode. What else it says depends on the mode.',
  type: 'object',
  required: ['mode'],
  properties: { mode: { description: 'How it is put to work', enum: modes } },
  discriminator: { propertyName: 'mode' },
  oneOf: [serviceDeployment, batchDeployment, streamDeployment, decideDeployment, edgeDeployment],
};

export const projectSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'millrace.yaml',
  description:
    'A Millrace project: its environments, the data it reads and writes, and what is deployed. In any text under environments, trust, registry, connections, stream, channels, openlineage and deployments, ${NAME} stands for an environment variable, and ${NAME:-text} gives it a default.',
  type: 'object',
  additionalProperties: false,
  properties: {
    environments,
    trust,
    registry: text('Where versions and environments are kept: postgres://… or sqlite:<file>'),
    connections: {
      description: 'Databases by name, as URLs',
      type: 'object',
      propertyNames: { $ref: '#/$defs/name' },
      additionalProperties: text('A URL, such as postgres://… or sqlite:<file>'),
    },
    stream: {
      ...text('The log that stream deployments read and write: kafka://host:port,… or embedded'),
      default: 'embedded',
    },
    channels: {
      description: 'Where people hear of alerts, by name',
      type: 'object',
      maxProperties: 20,
      propertyNames: { $ref: '#/$defs/name' },
      additionalProperties: channel,
    },
    openlineage,
    deployments: {
      description: 'What runs, by name',
      type: 'object',
      propertyNames: { $ref: '#/$defs/name' },
      additionalProperties: { $ref: '#/$defs/deployment' },
    },
  },
  $defs: { name, deployment },
} as const;
