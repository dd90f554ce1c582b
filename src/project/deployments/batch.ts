/** The settings of `mode: batch` in millrace.yaml. */
import { DURATION_PATTERN } from '../../core/duration.ts';
import { type SinkSettings, sink } from './batch-sink.ts';
import { type SourceConfig, source } from './batch-source.ts';
import { type LabelsSettings, labelsSetting } from './labels.ts';
import { type MonitorSettings, monitorSetting } from './monitor.ts';

import { type RecordSetting, recordSetting } from './record.ts';
import { oneOrMore, text } from './schema-words.ts';

export type WindowKind = 'hour' | 'day' | 'week' | 'month';

export interface ReactionSettings {
  readonly on?: 'success' | 'failure';
  readonly when?: string;
  readonly webhook?: {
    readonly url: string;
    readonly secret: string;
    readonly timeout?: string;
    readonly tries?: number;
  };
  readonly command?: string | readonly string[];
}

export interface BatchSettings {
  readonly mode: 'batch';
  readonly model: string;
  readonly source: SourceConfig;
  readonly sink: SinkSettings;
  readonly window?: WindowKind;
  readonly zone?: string;
  readonly schedule?: string;
  readonly overlap?: 'wait' | 'skip';
  readonly catch_up?: number;
  readonly max_rejected?: number | string;
  readonly shard_rows?: number;
  readonly workers?: number;
  readonly timeout?: string;
  readonly patience?: string;
  readonly record?: RecordSetting;
  readonly monitor?: false | MonitorSettings;
  readonly labels?: LabelsSettings;
  readonly react?: readonly ReactionSettings[];
}

const duration = (description: string) => ({ description, type: 'string', pattern: DURATION_PATTERN });
const reaction = {
  description: 'What follows a run',
  type: 'object',
  additionalProperties: false,
  properties: {
    on: { description: 'After which runs; success unless given', enum: ['success', 'failure'] },
    when: text('A condition in CEL over the summary, such as mean(churn) > 0.3'),
    webhook: {
      description: 'An address that the summary is sent to',
      type: 'object',
      additionalProperties: false,
      required: ['url', 'secret'],
      properties: {
        url: text('http:// or https://'),
        secret: text('With which each call is signed; from the environment: ${WEBHOOK_SECRET}'),
        timeout: duration('How long one try may take; 10s unless given'),
        tries: { description: 'How often a call is tried; 6 unless given', type: 'integer', minimum: 1, maximum: 100 },
      },
    },
    command: oneOrMore('A command that gets the summary as JSON on standard input', 'a command, or its words'),
  },
} as const;

export const batchDeployment = {
  required: ['model', 'source', 'sink'],
  additionalProperties: false,
  properties: {
    mode: { const: 'batch' },
    model: text('Which model: name@version, name@environment, name@sha256:… or a path'),
    source,
    sink,
    window: {
      description: 'The stretch of time that one run scores; all of the source unless given',
      enum: ['hour', 'day', 'week', 'month'],
    },
    zone: text('The time zone of window and schedule, such as Europe/Berlin; UTC unless given'),
    schedule: text(
      'When to run, in cron\'s words: "0 2 * * *" is 02:00 every day. Each run scores the last window that is over',
    ),
    overlap: {
      description: 'What to do when the run before is not done: wait for it, or skip; wait unless given',
      enum: ['wait', 'skip'],
    },
    catch_up: {
      description: 'How many windows that were missed are made up for at the start; 0 unless given',
      type: 'integer',
      minimum: 0,
      maximum: 10_000,
    },
    max_rejected: {
      description: 'The share of rows that may be rejected before the run fails: 0.01 or "1%"; 1% unless given',
      oneOf: [
        { type: 'number', minimum: 0, maximum: 1, description: 'a share from 0 to 1' },
        { type: 'string', pattern: '^[0-9]+(?:\\.[0-9]+)?\\s*%$', description: 'a percentage such as "1%"' },
      ],
    },
    shard_rows: {
      description: 'Rows that are written in one act, about; 200,000 unless given',
      type: 'integer',
      minimum: 1,
      maximum: 10_000_000,
    },
    workers: {
      description: 'Threads that score, or processes where the model is not known to be safe; 1 unless given',
      type: 'integer',
      minimum: 1,
      maximum: 64,
    },
    timeout: duration('What a row may take of a model that is not known to be safe; 1m unless given'),
    patience: duration('How long a run waits for a database that is away; 1h unless given'),
    record: recordSetting,
    monitor: monitorSetting,
    labels: labelsSetting,
    react: { description: 'What follows a run', type: 'array', maxItems: 20, items: reaction },
  },
} as const;
