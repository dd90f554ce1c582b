/** The settings of `mode: service` in millrace.yaml. */

import { type LabelsSettings, labelsSetting } from './labels.ts';
import { type MonitorSettings, monitorSetting } from './monitor.ts';
import { type RolloutSettings, rolloutSetting } from './rollout.ts';
import { duration, text } from './schema-words.ts';
import { topicName } from './stream.ts';

export interface PublishSettings {
  readonly topic: string;
  /** Where better predictions of what is published come from. */
  readonly better?: string | readonly string[];
  readonly key?: string;
  readonly wait?: boolean;
  readonly timeout?: string;
  readonly format?: 'structured' | 'binary';
  readonly partitions?: number;
}

export interface ServiceSettings {
  readonly mode: 'service';
  readonly model: string;
  readonly publish?: string | PublishSettings;
  readonly records_api?: boolean;
  readonly model_control?: boolean;
  readonly labels?: LabelsSettings;
  readonly monitor?: false | MonitorSettings;
  readonly rollout?: RolloutSettings;
}

export const serviceDeployment = {
  required: ['model'],
  properties: {
    mode: { const: 'service' },
    model: text('Which model: name@version, name@environment, name@sha256:… or a path'),
    records_api: {
      description: 'Let callers read what is recorded of it, and label it; false unless given',
      type: 'boolean',
    },
    model_control: { description: 'Let callers load and unload its model; false unless given', type: 'boolean' },
    labels: labelsSetting,
    monitor: monitorSetting,
    rollout: rolloutSetting,
    publish: {
      description: 'Send each row and its prediction to a topic, after it was answered',
      oneOf: [
        topicName('a topic'),
        {
          type: 'object',
          additionalProperties: false,
          required: ['topic'],
          properties: {
            topic: topicName('The topic that rows and their predictions go to'),
            better: {
              description: 'The topic, or several, that better predictions of the same rows come from',
              oneOf: [
                topicName('a topic'),
                { type: 'array', minItems: 1, maxItems: 20, uniqueItems: true, items: topicName('a topic') },
              ],
            },
            key: text('Where the key of the event lies in the row; the id of the prediction unless given'),
            wait: {
              description: 'Answer only once the event is acknowledged, else refuse with 503; false unless given',
              type: 'boolean',
            },
            timeout: duration('how long an answer waits to be acknowledged, where it waits', '5s'),
            format: {
              description: 'The form of CloudEvents that is written; structured unless given',
              enum: ['structured', 'binary'],
            },
            partitions: {
              description: 'Of the topics that are missing and therefore made; 3 unless given',
              type: 'integer',
              minimum: 1,
              maximum: 10_000,
            },
          },
        },
      ],
    },
  },
} as const;
