/** The settings of `mode: stream` in millrace.yaml. */
import { type LabelsSettings, labelsSetting } from './labels.ts';
import { type MonitorSettings, monitorSetting } from './monitor.ts';
import { type RecordSetting, recordSetting } from './record.ts';
import { duration } from './schema-words.ts';

export interface StreamSettings {
  readonly mode: 'stream';
  readonly model: string;
  readonly from: string | readonly string[];
  readonly to?: string;
  readonly shadow?: string;
  readonly sink?: { readonly connection: string; readonly table: string };
  readonly key?: string;
  readonly input?: string;
  readonly filter?: string;
  readonly start?: 'earliest' | 'latest';
  readonly format?: 'structured' | 'binary';
  readonly group?: string;
  readonly concurrency?: number;
  readonly batch?: { readonly size?: number; readonly delay?: string };
  readonly largest?: number;
  readonly deadLetters?: string;
  readonly tombstones?: 'skip' | 'pass' | 'dead-letter';
  readonly partitions?: number;
  readonly stall?: string;
  readonly timeout?: string;
  readonly record?: RecordSetting;
  readonly labels?: LabelsSettings;
  readonly monitor?: false | MonitorSettings;
}

export const topicName = (description: string) => ({
  description: `${description} (letters, digits, dots, dashes and underscores)`,
  type: 'string',
  pattern: '^[A-Za-z0-9._-]{1,249}$',
});

const path = (description: string) => ({ description, type: 'string', minLength: 1 });

export const streamDeployment = {
  required: ['model', 'from'],
  additionalProperties: false,
  properties: {
    mode: { const: 'stream' },
    model: {
      description: 'Which model: name@version, name@environment, name@sha256:… or a path',
      type: 'string',
      minLength: 1,
    },
    from: {
      description: 'The topic that events come from, or several',
      oneOf: [topicName('a topic'), { type: 'array', minItems: 1, uniqueItems: true, items: topicName('a topic') }],
    },
    to: topicName('The topic that predictions go to'),
    shadow: {
      description: 'A model that predicts the same events beside it; what it predicts goes to the topic <to>.shadow',
      type: 'string',
      minLength: 1,
    },
    sink: {
      description: 'A table that predictions are written to, beside or instead of a topic',
      type: 'object',
      additionalProperties: false,
      required: ['connection', 'table'],
      properties: {
        connection: { description: 'One of the connections', type: 'string', minLength: 1 },
        table: { description: 'Its name; it is made when it is missing', type: 'string', minLength: 1 },
      },
    },
    key: path('Where the key of a prediction lies in the data of the event; the key of the event itself unless given'),
    input: path('Where the input of the model lies in the data of the event; all of it ($) unless given'),
    filter: path('Which events are predicted, in CEL over data, key, topic and event; all of them unless given'),
    start: { description: 'Where a new deployment begins; earliest unless given', enum: ['earliest', 'latest'] },
    format: {
      description: 'The form of CloudEvents that is written; structured unless given',
      enum: ['structured', 'binary'],
    },
    group: topicName('The consumer group; millrace-<deployment> unless given'),
    concurrency: {
      description: 'How many micro-batches are scored at once; 4 unless given',
      type: 'integer',
      minimum: 1,
      maximum: 1000,
    },
    batch: {
      description: 'Micro-batches',
      type: 'object',
      additionalProperties: false,
      properties: {
        size: {
          description: 'The most events of one; 500 unless given',
          type: 'integer',
          minimum: 1,
          maximum: 100_000,
        },
        delay: duration('how long events are gathered after the first', '0s'),
      },
    },
    largest: { description: 'The largest event in bytes; 900,000 unless given', type: 'integer', minimum: 1 },
    deadLetters: topicName('Where events go that cannot be predicted; <deployment>.dead-letters unless given'),
    tombstones: {
      description:
        'What becomes of events without a value, by which a key is deleted: dead-letter unless given; skip passes over them, pass publishes one of the same key',
      enum: ['skip', 'pass', 'dead-letter'],
    },
    partitions: {
      description: 'Of the topics that are missing and therefore made; 3 unless given',
      type: 'integer',
      minimum: 1,
      maximum: 10_000,
    },
    stall: duration('a partition that waits longer without progress is reported as not ready', '30s'),
    timeout: duration('what an event may take of a model that is not known to be safe', '10s'),
    record: recordSetting,
    labels: labelsSetting,
    monitor: monitorSetting,
  },
} as const;
