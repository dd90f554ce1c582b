/** The settings of `mode: decide` in millrace.yaml. */

import { duration, text } from './schema-words.ts';
import { topicName } from './stream.ts';

/** One of the things that a decision looks at: events of a topic, those for which `when` is true. */
export interface PartSettings {
  readonly topic: string;
  readonly when?: string;
  readonly key?: string;
  readonly optional?: boolean;
}

export interface DecideSettings {
  readonly mode: 'decide';
  readonly from: Readonly<Record<string, string | PartSettings>>;
  readonly key?: string;
  readonly within?: string;
  readonly late?: 'decide' | 'drop';
  readonly rules: readonly {
    readonly name: string;
    readonly if: string;
    readonly with?: Readonly<Record<string, string>>;
  }[];
  readonly otherwise?: string;
  readonly to?: string;
  readonly webhook?: {
    readonly url: string;
    readonly secret: string;
    readonly timeout?: string;
    readonly tries?: number;
  };
  readonly start?: 'earliest' | 'latest';
  readonly format?: 'structured' | 'binary';
  readonly group?: string;
  readonly deadLetters?: string;
  readonly tombstones?: 'skip' | 'dead-letter';
  readonly partitions?: number;
  readonly keep?: string;
}

const name = { description: 'a name as in CEL', type: 'string', pattern: '^[a-z_][A-Za-z0-9_]*$', maxLength: 60 };
const key = text('Where the key lies in the data of an event; the key of the event itself unless given');

export const decideDeployment = {
  required: ['from', 'rules'],
  additionalProperties: false,
  properties: {
    mode: { const: 'decide' },
    from: {
      description: 'What is looked at, by the name that rules call it: a topic, or a topic and which of its events',
      type: 'object',
      minProperties: 1,
      maxProperties: 20,
      propertyNames: name,
      additionalProperties: {
        oneOf: [
          topicName('a topic'),
          {
            type: 'object',
            additionalProperties: false,
            required: ['topic'],
            properties: {
              topic: topicName('A topic'),
              when: text('Which of its events, in CEL over data, key, topic and event; all unless given'),
              key,
              optional: { description: 'Do not wait for it; false unless given', type: 'boolean' },
            },
          },
        ],
      },
    },
    key,
    within: duration('how long the parts of one key may take to come, from the first of them', '1m'),
    late: {
      description: 'What to do at the deadline: decide on what has come, or drop the key; decide unless given',
      enum: ['decide', 'drop'],
    },
    rules: {
      description: 'In order; the first whose condition holds is the decision',
      type: 'array',
      minItems: 1,
      maxItems: 200,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['name', 'if'],
        properties: {
          name: text('What the decision is called'),
          if: text('When, in CEL over the parts by name, key, and came (the names of the parts that are there)'),
          with: {
            description: 'What the decision carries: expressions in CEL by name',
            type: 'object',
            maxProperties: 50,
            propertyNames: name,
            additionalProperties: text('an expression in CEL'),
          },
        },
      },
    },
    otherwise: text('What the decision is called when no rule holds; none is made unless given'),
    to: topicName('The topic that decisions go to'),
    webhook: {
      description: 'An address that each decision is sent to',
      type: 'object',
      additionalProperties: false,
      required: ['url', 'secret'],
      properties: {
        url: text('http:// or https://'),
        secret: text('With which each call is signed; from the environment: ${WEBHOOK_SECRET}'),
        timeout: duration('how long one try may take', '10s'),
        tries: {
          description: 'How often a call is tried; 10 unless given',
          type: 'integer',
          minimum: 1,
          maximum: 1000,
        },
      },
    },
    start: { description: 'Where a new deployment begins; earliest unless given', enum: ['earliest', 'latest'] },
    format: {
      description: 'The form of CloudEvents that is written; structured unless given',
      enum: ['structured', 'binary'],
    },
    group: topicName('What the consumer groups begin with; millrace-<deployment> unless given'),
    deadLetters: topicName('Where events go that cannot be read; <deployment>.dead-letters unless given'),
    tombstones: {
      description:
        'What becomes of events without a value, by which a key is deleted: dead-letter unless given; skip passes over them',
      enum: ['skip', 'dead-letter'],
    },
    partitions: {
      description: 'Of the topics that are missing and therefore made; 3 unless given',
      type: 'integer',
      minimum: 1,
      maximum: 10_000,
    },
    keep: duration('how long a decision is remembered, so that its key is not decided again', '7d'),
  },
} as const;
