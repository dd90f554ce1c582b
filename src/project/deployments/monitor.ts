/** `monitor:` of a deployment: how what it was asked and answered is judged. */
import { DURATION_PATTERN } from '../../core/duration.ts';
import { type AlertReactionSettings, alertReaction } from './alert-reaction.ts';
import { oneOrMore, text } from './schema-words.ts';

interface SloSetting {
  readonly latency?: string | { readonly p95?: string; readonly p99?: string };
  readonly errors?: string | number;
}

export interface MonitorSettings {
  readonly slo?: SloSetting;
  readonly window?: 'hour' | 'day';
  readonly id?: string | readonly string[];
  readonly compare_with?: 'training' | 'last' | 'same weekday' | 'same hour of week';
  readonly zone?: string;
  readonly false_alarms?: number;
  readonly least_effect?: number;
  readonly tell?: readonly string[];
  readonly slices?: readonly string[];
  readonly tolerance?: number;
  readonly quantile?: number;
  readonly react?: readonly AlertReactionSettings[];
}

const time = (description: string) => ({ description, type: 'string', pattern: DURATION_PATTERN });
const slo = {
  description: 'What it promises; an alert fires where it is broken so often that the promise will not be kept',
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  properties: {
    latency: {
      description: 'Within which calls are answered; of a stream, events are done',
      oneOf: [
        time('the time of 99 in 100, such as 50ms'),
        {
          description: 'times of two shares',
          type: 'object',
          additionalProperties: false,
          minProperties: 1,
          properties: { p95: time('The time of 95 in 100'), p99: time('The time of 99 in 100') },
        },
      ],
    },
    errors: {
      description: 'The share of calls that may fail: "0.1 %" or 0.001',
      oneOf: [
        { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1, description: 'a share from 0 to 1' },
        { type: 'string', pattern: '^[0-9]+(?:\\.[0-9]+)?\\s*%$', description: 'a percentage such as "0.1 %"' },
      ],
    },
  },
} as const;

export const monitorSetting = {
  description: 'How what it was asked and answered is judged; false: not at all',
  oneOf: [
    { const: false, description: 'false' },
    {
      description: 'Settings, each of which may be left out',
      type: 'object',
      additionalProperties: false,
      properties: {
        window: {
          description: 'The span of time whose rows are judged together; day unless given',
          enum: ['hour', 'day'],
        },
        id: oneOrMore(
          'What no two rows have in common; the key that labels come by unless given',
          'a field, such as ride_id',
        ),
        compare_with: {
          description: 'What windows are compared with; training unless given',
          enum: ['training', 'last', 'same weekday', 'same hour of week'],
        },
        zone: text('The time zone of weekdays and hours of the week, such as Europe/Berlin; UTC unless given'),
        false_alarms: {
          description: 'How many false alarms one will bear in a year, of all that is watched; 1 unless given',
          type: 'number',
          exclusiveMinimum: 0,
          maximum: 10_000,
        },
        least_effect: {
          description: "What is worth an alarm, about in standard deviations (Cohen's w); 0.1 unless given",
          type: 'number',
          minimum: 0,
          maximum: 10,
        },
        slices: {
          description: 'Fields of the input by which it is told how right predictions are; at most three',
          type: 'array',
          maxItems: 3,
          uniqueItems: true,
          items: text('A field'),
        },
        tolerance: {
          description: 'How much worse than usual predictions must be to be worth an alarm; 0.1 unless given, a tenth',
          type: 'number',
          minimum: 0,
          maximum: 10,
        },
        quantile: {
          description: 'The quantile that predicted numbers aim at, whose loss is told too',
          type: 'number',
          exclusiveMinimum: 0,
          exclusiveMaximum: 1,
        },
        slo,
        tell: {
          description: 'The channels that hear of alerts; all of them unless given',
          type: 'array',
          uniqueItems: true,
          items: text('One of the channels'),
        },
        react: {
          description: 'What is done of itself when an alert fires',
          type: 'array',
          maxItems: 20,
          items: alertReaction,
        },
      },
    },
  ],
} as const;
