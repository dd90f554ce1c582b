/** `rollout:` of a service: a candidate that shall take over, step by step, once the deployment starts. */
import { text } from './schema-words.ts';

export interface ComparedSetting {
  readonly metric: string;
  readonly tolerance: number;
  readonly most?: number;
}

export interface RolloutSettings {
  readonly candidate: string;
  readonly steps?: string;
  readonly unit?: string;
  readonly why?: string;
  readonly compare?: ComparedSetting | readonly ComparedSetting[];
  readonly tolerate?: { readonly failed?: number; readonly slow?: number };
  readonly policy?: 'fixed' | 'thompson';
  readonly floor?: number;
}

const share = (description: string) => ({ description, type: 'number', minimum: 0, maximum: 1 });

const compared = {
  description: 'A metric, and how much more the candidate may lose on average',
  type: 'object',
  additionalProperties: false,
  required: ['metric', 'tolerance'],
  properties: {
    metric: text('What labels are held against: absolute_error(output), squared_error(output) or wrong(output)'),
    tolerance: {
      description: 'How much more the candidate may lose and is still not worse, in the unit of the metric',
      type: 'number',
      minimum: 0,
    },
    most: { description: 'What a larger loss counts as; no bound unless given', type: 'number', exclusiveMinimum: 0 },
  },
};

export const rolloutSetting = {
  description:
    'A version that shall take over, as `millrace rollout start` would let it; begun when the deployment starts',
  type: 'object',
  additionalProperties: false,
  required: ['candidate'],
  properties: {
    candidate: text('The version: name@1.2.0, name@staging'),
    steps: text(
      'Which share of the traffic, for how many rows at least: shadow 1000 rows, 5 %, 25 %, 100 % unless given',
    ),
    unit: text(
      'What stays with one version: field:<name>, header:<name> or cookie:<name>; each call by itself unless given',
    ),
    why: text('The reason, for the history'),
    compare: {
      description: 'What labels say of both, too; nothing unless given',
      oneOf: [compared, { type: 'array', minItems: 1, maxItems: 10, items: compared, description: 'several' }],
    },
    tolerate: {
      description: 'By how much more of all calls may fail or be slow, as shares of 1',
      type: 'object',
      additionalProperties: false,
      properties: { failed: share('0.02 unless given'), slow: share('0.1 unless given') },
    },
    policy: {
      description: 'Whether shares follow results between the first and the last step; fixed unless given',
      enum: ['fixed', 'thompson'],
    },
    floor: {
      description: 'What neither version gets less than, where shares follow results; 0.05 unless given',
      type: 'number',
      minimum: 0.001,
      maximum: 0.4,
    },
  },
} as const;

/** What is compared, as a list. */
export const comparedIn = ({ compare }: RolloutSettings): readonly ComparedSetting[] | undefined =>
  compare === undefined ? undefined : 'metric' in compare ? [compare] : compare;
