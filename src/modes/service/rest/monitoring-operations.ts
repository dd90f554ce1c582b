/** How `/monitor` is described. */
import type { Schema } from '../../../core/kinds/kind.ts';
import {
  listOf,
  number,
  objective,
  objectiveExample,
  orNull,
  performance,
  performanceExample,
  span,
  text,
  time,
} from './monitoring-figures.ts';
import { json, type Operation, object, ref } from './operation.ts';

const numbers: Schema = { type: 'object', additionalProperties: { type: ['number', 'null'] } };
const concern: Schema = { enum: ['predictions', 'drift', 'performance', 'quality', 'slo', 'freshness', 'rollout'] };
const severity: Schema = { enum: ['info', 'warning', 'error', 'critical'] };
const finding = { concern, field: text, severity, sentence: text, numbers };

const alert = object(
  {
    id: text,
    fingerprint: { type: 'string', description: 'The same for as long as a problem lasts.' },
    deployment: text,
    model: text,
    version: text,
    ...finding,
    status: { enum: ['firing', 'resolved'] },
    window: span,
    since: { ...time, description: 'When the first window began that had it.' },
    started_at: time,
    told_at: time,
    resolved_at: time,
    quiet: { type: 'integer' },
    acknowledged: object({ by: text, at: time, why: text }, ['by', 'at']),
  },
  ['id', 'fingerprint', 'deployment', 'concern', 'severity', 'sentence', 'numbers', 'status', 'window', 'started_at'],
);

const fieldJudgement = object(
  {
    field: text,
    is: { enum: ['output', 'input'] },
    state: { enum: ['steady', 'drift', 'few rows', 'not compared'] },
    p: number,
    holmP: { type: 'number', description: 'Among all fields; small is sure.' },
    q: number,
    effect: { type: 'number', description: "Cohen's w, about the shift in standard deviations." },
    size: { enum: ['none', 'small', 'moderate', 'large'] },
    words: { type: 'string', description: 'What has changed: `0.3 sd higher`.' },
  },
  ['field', 'is', 'state', 'p', 'holmP', 'effect', 'words'],
);

const judged = object(
  {
    window: span,
    version: text,
    concerns: listOf(concern),
    findings: listOf(object(finding, ['concern', 'severity', 'sentence', 'numbers'])),
    seen: object(
      {
        digest: text,
        rows: { type: 'integer' },
        refused: { type: 'integer' },
        judgement: object({ state: text, rows: { type: 'integer' }, baseline: text, fields: listOf(fieldJudgement) }, [
          'state',
          'rows',
          'fields',
        ]),
      },
      ['digest', 'rows', 'refused'],
    ),
  },
  ['window', 'version', 'concerns', 'findings', 'seen'],
);

const nowAndBefore = object({ now: number, before: number }, ['now']);
const distribution = object(
  {
    field: text,
    is: { enum: ['output', 'input'] },
    isInstant: { type: 'boolean', description: 'Numbers are milliseconds since the epoch.' },
    bars: listOf(
      object({ label: text, from: number, to: number, now: number, before: number }, ['label', 'now', 'before']),
    ),
    mean: nowAndBefore,
    missing: nowAndBefore,
  },
  ['field', 'is', 'bars', 'missing'],
);

const standing = {
  deployment: text,
  state: { enum: ['alarm', 'steady', 'drift', 'few rows', 'not compared', 'not judged yet'] },
  sentence: { type: 'string', description: 'For a person: how it stands.' },
  model: orNull(text),
  version: orNull(text),
  window: orNull(span),
  rows: orNull({ type: 'integer' }),
  coverage: orNull({
    ...number,
    description: 'Share of recorded predictions with a label, in the last window that has any.',
  }),
  last_alarm: orNull({ ...time, description: 'When one last began, whether it fires still or not.' }),
  firing: listOf(alert),
  slo: listOf(objective),
};
const standingKeys = Object.keys(standing);

const reaction = object(
  {
    what: text,
    id: text,
    at: time,
    alerts: listOf(text),
    tries: { type: 'integer' },
    arrivedAt: time,
    outcome: object({ is: { enum: ['done', 'refused', 'failed'] }, sentence: text, output: text }, ['is', 'sentence']),
    problem: ref('Problem'),
  },
  ['what', 'id', 'at', 'alerts', 'tries'],
);

const accepted = object(
  { seq: { type: 'integer' }, deployment: text, digest: text, at: time, by: text, why: text, window: span },
  ['seq', 'deployment', 'at', 'by', 'why', 'window'],
);

const whole = object(
  {
    ...standing,
    judged: orNull(judged),
    distributions: listOf(distribution),
    windows: listOf(judged),
    performances: listOf(performance),
    alerts: listOf(alert),
    accepted: listOf(accepted),
    reactions: listOf(reaction),
  },
  [...standingKeys, 'judged', 'distributions', 'windows', 'performances', 'alerts', 'accepted', 'reactions'],
);

const failing = { default: { description: 'Refused, or not there.', content: json(ref('Error')) } };
const answers = (description: string, schema: Schema, example?: unknown) => ({
  200: { description, content: json(schema, example) },
  ...failing,
});

const example = {
  deployment: 'ride-duration',
  state: 'alarm',
  sentence: 'distance is 0.3 sd higher since Tuesday; predictions are not yet affected',
  model: 'ride-duration',
  version: '1.0.0',
  window: { from: '2026-11-05T00:00:00.000Z', to: '2026-11-06T00:00:00.000Z' },
  rows: 18_213,
  coverage: 0.94,
  last_alarm: '2026-11-04T00:02:00.000Z',
  firing: [],
  slo: [objectiveExample],
};

export const listOperation: Operation = {
  summary: 'How each watched deployment stands',
  tags: ['monitoring'],
  responses: answers(
    'A line a deployment.',
    object({ deployments: listOf(object(standing, standingKeys)) }, ['deployments']),
    {
      deployments: [example],
    },
  ),
};

export const deploymentOperation: Operation = {
  summary: 'One deployment: its windows, fields with effect and p, how right it was, alerts, and distributions to draw',
  tags: ['monitoring'],
  parameters: [
    { name: 'since', in: 'query', schema: time, description: 'The first window; of the last 14 days unless given.' },
    {
      name: 'window',
      in: 'query',
      schema: time,
      description: 'When the window began whose distributions are told; the last one unless given.',
    },
  ],
  responses: answers('All that is known.', whole, {
    ...example,
    judged: null,
    distributions: [
      {
        field: 'distance',
        is: 'input',
        isInstant: false,
        bars: [{ label: '≤ 1.2', from: 0.1, to: 1.2, now: 0.07, before: 0.1 }],
        mean: { now: 3.4, before: 2.9 },
        missing: { now: 0, before: 0 },
      },
    ],
    windows: [],
    performances: [performanceExample],
    alerts: [],
    accepted: [],
    reactions: [],
  }),
};

const posted = (summary: string, schema: Schema, body: unknown, answered: Schema): Operation => ({
  summary,
  tags: ['monitoring'],
  requestBody: { required: true, content: json(schema, body) },
  responses: answers('What was taken down.', answered),
});

const said = { type: 'string', minLength: 1, maxLength: 1000 };

export const acceptOperation = posted(
  'Make the last windows of a deployment the new normal',
  object({ by: said, why: said, windows: { type: 'integer', minimum: 1, maximum: 366, default: 1 } }, ['by', 'why']),
  { by: 'ada', why: 'the new bridge is open', windows: 7 },
  accepted,
);

export const acknowledgeOperation = posted(
  'Say that somebody knows of an alert: it is not repeated until it is resolved',
  object({ by: said, why: said }, ['by']),
  { by: 'ada', why: 'the meter of zone 7 is being repaired' },
  alert,
);
