/** `monitor:` of a deployment: how what it was asked and answered is judged. */
import { type AlertReactionSettings, alertReaction } from './alert-reaction.ts';
import { text } from './schema-words.ts';

export interface MonitorSettings {
  readonly window?: 'hour' | 'day';
  readonly compare_with?: 'training' | 'last' | 'same weekday' | 'same hour of week';
  readonly zone?: string;
  readonly false_alarms?: number;
  readonly least_effect?: number;
  readonly tell?: readonly string[];
  readonly react?: readonly AlertReactionSettings[];
}

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
        compare_with: {
          description: 'What windows are compared with; training unless given',
          enum: ['training', 'last', 'same weekday', 'same hour of week'],
        },
        zone: text('The time zone of weekdays and hours of the week, such as Europe/Berlin; UTC unless given'),
        false_alarms: {
          description: 'How many false alarms of drift one will bear in a year; 1 unless given',
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
