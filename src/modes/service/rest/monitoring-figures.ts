/** How figures of `/monitor` are described: how right predictions were, and how fast the budget of an objective goes. */
import type { Schema } from '../../../core/kinds/kind.ts';
import { object } from './operation.ts';

export const text: Schema = { type: 'string' };
export const number: Schema = { type: 'number' };
export const time: Schema = { type: 'string', format: 'date-time' };
const count: Schema = { type: 'integer' };
export const orNull = (schema: Schema): Schema => ({ oneOf: [schema, { type: 'null' }] });
export const listOf = (items: Schema): Schema => ({ type: 'array', items });
export const span = object({ from: time, to: time }, ['from', 'to']);

/** Null where there is nothing to tell it by. */
const value: Schema = { type: ['number', 'null'] };

const interval = {
  ...object({ low: number, high: number, method: { enum: ['Wilson', 'Clopper-Pearson', 't', 'bootstrap'] } }, [
    'low',
    'high',
    'method',
  ]),
  description: 'Where the true figure lies 95 times in 100.',
};

const figure = object({ name: text, label: text, better: { enum: ['lower', 'higher', 'zero'] }, value, interval }, [
  'name',
  'label',
  'better',
  'value',
]);

const slice = object(
  { by: text, value: text, rows: count, figures: listOf(figure), p: number, isWorse: { type: 'boolean' } },
  ['by', 'value', 'rows', 'figures', 'isWorse'],
);

const measured = object(
  {
    output: text,
    kind: { enum: ['numbers', 'labels'] },
    unit: text,
    positive: { ...text, description: 'Of two labels, the one that is looked for.' },
    rows: { ...count, description: 'Predictions whose truth is known.' },
    figures: listOf(figure),
    slices: listOf(slice),
    calibration: listOf(
      object({ rows: number, said: number, cameTrue: number, low: number, high: number }, ['rows', 'said', 'cameTrue']),
    ),
    notes: listOf(text),
  },
  ['output', 'kind', 'rows', 'figures', 'slices', 'notes'],
);

const estimated = {
  ...object({ output: text, positive: text, rows: count, figures: listOf(figure), assumes: text }, [
    'output',
    'positive',
    'rows',
    'figures',
    'assumes',
  ]),
  description: 'Expected from scores alone, without labels: to be shown as an estimate, with what it assumes.',
};

const test = object(
  {
    output: text,
    slice: object({ by: text, value: text }, ['by', 'value']),
    loss: { enum: ['mae', 'errors'] },
    value: number,
    usual: number,
    rows: number,
    usualRows: number,
    p: number,
    holmP: number,
    isWorse: { type: 'boolean' },
  },
  ['output', 'loss', 'value', 'usual', 'rows', 'usualRows', 'p', 'holmP', 'isWorse'],
);

export const performance = object(
  {
    deployment: text,
    window: { ...span, description: 'Of predictions, whenever their labels came.' },
    served: object({ model: text, version: text, digest: text, predictions: count }, ['model', 'version', 'digest']),
    predictions: { ...count, description: 'Recorded ones.' },
    labelled: count,
    coverage: { ...number, description: 'labelled / predictions.' },
    targets: listOf(measured),
    estimated: listOf(estimated),
    at: { ...time, description: 'No label of it has come after.' },
    judgement: {
      ...object({ window: span, usual: text, tests: listOf(test) }, ['window', 'tests']),
      description: 'Absent while its labels are not there yet.',
    },
  },
  ['deployment', 'window', 'predictions', 'labelled', 'coverage', 'targets', 'estimated', 'at'],
);

export const objective = object(
  {
    objective: { ...text, description: 'errors, p95 or p99' },
    words: text,
    budget: { ...number, description: 'Share of calls that may break it.' },
    rates: listOf(
      object(
        {
          window: { enum: ['5m', '30m', '1h', '6h', '3d'] },
          all: count,
          bad: count,
          rate: { ...number, description: 'How many times too fast the budget goes.' },
        },
        ['window', 'all', 'bad', 'rate'],
      ),
    ),
  },
  ['objective', 'words', 'budget', 'rates'],
);

export const objectiveExample = {
  objective: 'p99',
  words: '99 % of calls within 50 ms',
  budget: 0.01,
  rates: [{ window: '1h', all: 4120, bad: 12, rate: 0.29 }],
};

const day = { from: '2026-11-04T00:00:00.000Z', to: '2026-11-05T00:00:00.000Z' };

export const performanceExample = {
  deployment: 'ride-duration',
  window: day,
  predictions: 18_213,
  labelled: 17_120,
  coverage: 0.94,
  targets: [
    {
      output: 'minutes',
      kind: 'numbers',
      unit: 'minute',
      rows: 17_120,
      figures: [
        {
          name: 'mae',
          label: 'MAE (mean absolute error)',
          better: 'lower',
          value: 3.1,
          interval: { low: 3.04, high: 3.16, method: 't' },
        },
      ],
      slices: [],
      notes: [],
    },
  ],
  estimated: [],
  at: '2026-11-06T00:02:00.000Z',
  judgement: { window: day, usual: 'training', tests: [] },
};
