/** `react:` of `monitor:`: what is done of itself when an alert fires. */
import { DURATION_PATTERN } from '../../core/duration.ts';
import { oneOrMore, text } from './schema-words.ts';

export interface RetrainSettings {
  readonly command: string | readonly string[];
  /** Of the project: where the command leaves a model with its `model.yaml`. */
  readonly folder: string;
  readonly to?: string;
  readonly timeout?: string;
}

/** One of them is there. */
export interface AlertReactionWork {
  readonly command?: string | readonly string[];
  readonly webhook?: { readonly url: string; readonly secret?: string };
  readonly retrain?: RetrainSettings;
}

export interface AlertReactionSettings {
  /** One of the words of `alertWords`, or a condition in CEL; every alert unless given. */
  readonly when?: string;
  readonly do: 'rollback' | AlertReactionWork;
  readonly rest?: string;
}

const object = (description: string, required: readonly string[], properties: object) => ({
  description,
  type: 'object',
  additionalProperties: false,
  required,
  properties,
});

const duration = (description: string) => ({ description, type: 'string', pattern: DURATION_PATTERN });

export const alertReaction = object('What is done of itself when an alert fires', ['do'], {
  when: text(
    'Of which alerts: drift, performance, quality, slo, or a condition in CEL such as effect > 0.3; of all unless given',
  ),
  do: {
    description: 'What is done',
    oneOf: [
      { const: 'rollback', description: 'The environment of the model points at the version before' },
      {
        ...object('One of these', [], {
          command: oneOrMore('A command that gets the alerts as JSON on standard input', 'a command, or its words'),
          webhook: object('An address that the alerts are sent to', ['url'], {
            url: text('http:// or https://'),
            secret: text('With which each call is signed; from the environment: ${WEBHOOK_SECRET}'),
          }),
          retrain: object('A command that trains anew; what it leaves is packed and promoted', ['command', 'folder'], {
            command: oneOrMore('A command that gets the alerts as JSON on standard input', 'a command, or its words'),
            folder: text('Where it leaves the model with its model.yaml, from the folder of millrace.yaml'),
            to: text('The environment that shall point at it; staging unless given'),
            timeout: duration('How long the command may take; 4h unless given'),
          }),
        }),
        minProperties: 1,
        maxProperties: 1,
      },
    ],
  },
  rest: duration('After it was due once, how long it is left alone; 24h unless given'),
});
