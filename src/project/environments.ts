/** `environments:`: where versions are promoted to, in order, and the gates that a version has to pass to come in. */
import { fail } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import type { Path } from '../yaml/schema-problems.ts';
import { object, share, text, whole } from './gate-words.ts';

export const defaultEnvironments = ['development', 'staging', 'production'] as const;

/** What a gate is asked with. `model`: it is asked of this one's versions alone. */
interface OfModel {
  readonly model?: string;
}

export interface LatencySettings extends OfModel {
  readonly rows?: number;
  readonly tolerance?: number;
}

export interface EvaluationSettings extends OfModel {
  /** The table, from the project's folder. */
  readonly in: string;
  /** One column, or one for each output. */
  readonly truth: string | Readonly<Record<string, string>>;
  readonly metric?: string;
  readonly tolerance?: number;
  readonly positive?: string;
}

export interface ReplaySettings extends OfModel {
  readonly rows?: number;
  readonly changed?: number;
  readonly by?: readonly string[];
}

export interface SignedSettings extends OfModel {
  /** Names under `trust`; one of them has signed. Any of them unless given. */
  readonly by?: readonly string[];
}

/** Of each gate, its settings: `from` is said beside the others. */
export interface GateSettings {
  readonly from: { readonly environment: string };
  readonly signed: SignedSettings;
  readonly examples: OfModel;
  readonly signature: OfModel;
  readonly latency: LatencySettings;
  readonly evaluation: EvaluationSettings;
  readonly replay: ReplaySettings;
  readonly shadow: OfModel;
  readonly approvals: OfModel & { readonly needed: number };
}

export type GateName = keyof GateSettings;

/** A gate with its settings. */
export type PlannedGate = { [N in GateName]: { readonly gate: N; readonly settings: GateSettings[N] } }[GateName];

export interface Environment {
  readonly name: string;
  /** In the order in which they are asked. */
  readonly gates: readonly PlannedGate[];
}

/** Figures that versions are held against each other by (docs/EVALUATE.md). */
export const EVALUATION_METRICS = [
  ...['accuracy', 'precision', 'recall', 'f1', 'auc', 'log_loss', 'brier', 'ece'],
  ...['f1_macro', 'f1_weighted', 'precision_macro', 'recall_macro'],
  ...['mae', 'rmse', 'r2', 'quantile_loss'],
];

const model = text('Asked of versions of this model alone; of all unless given');

const settings = {
  signed: object('Somebody has signed it whom the project trusts', {
    model,
    by: {
      description: 'Names under trust, one of whom has signed it; any of them unless given',
      type: 'array',
      minItems: 1,
      uniqueItems: true,
      items: text('A name'),
    },
  }),
  examples: object('Its golden examples are answered as they should be', { model }),
  signature: object('What callers send today is still accepted, and what they read is still there', { model }),
  latency: object('It is not slower than the version in place, on the same recorded rows', {
    model,
    rows: { ...whole('Recorded rows, the last ones; 500 unless given', 100), maximum: 100_000 },
    tolerance: share('By how much the time of 95 in 100 rows may be longer: 0.2 unless given'),
  }),
  evaluation: {
    ...object('It does not do worse than the version in place, on a table whose truth is known', {
      model,
      in: text('The table, from the folder of millrace.yaml'),
      truth: {
        description: 'The column that holds what was true; or for each output its column',
        oneOf: [
          { description: 'a column', type: 'string', minLength: 1 },
          {
            description: 'columns by output',
            type: 'object',
            minProperties: 1,
            additionalProperties: text('A column'),
          },
        ],
      },
      metric: {
        description: 'The figure; accuracy of labels, mae of numbers unless given',
        enum: EVALUATION_METRICS,
      },
      tolerance: {
        description: 'How much worse the figure may be, in its own unit; 0.01 of a share, else 2 % of what it is now',
        type: 'number',
        minimum: 0,
      },
      positive: text('Of two labels, the one that is looked for'),
    }),
    required: ['in', 'truth'],
  },
  replay: object('It answers the last recorded rows that the version in place has answered, and how it differs', {
    model,
    rows: { ...whole('Recorded rows, the last ones; 1000 unless given', 20), maximum: 100_000 },
    changed: share('The greatest share of rows that may be answered otherwise; any unless given', 1),
    by: {
      description: 'Inputs by which differences are summarised; all categories unless given',
      type: 'array',
      minItems: 1,
      maxItems: 3,
      uniqueItems: true,
      items: text('An input'),
    },
  }),
  shadow: object('A comparison of it with the version in place, in shadow or as a canary, is over and says not worse', {
    model,
  }),
  approvals: {
    description: 'So many others than its author have approved of it: millrace approve',
    type: 'integer',
    minimum: 1,
    maximum: 20,
  },
};

const names = Object.keys(settings);

const gate = {
  description: 'A gate: its name, or its name with settings',
  oneOf: [
    { description: 'the name of a gate', enum: names.filter((name) => !['evaluation', 'approvals'].includes(name)) },
    { ...object('a gate with its settings', settings), minProperties: 1, maxProperties: 1 },
  ],
};

const environment = {
  ...object('What a version needs to come in', {
    from: text('The environment that it must stand in now'),
    gates: { description: 'What is asked first, in this order', type: 'array', maxItems: 30, items: gate },
  }),
  type: ['object', 'null'],
};

const name = { $ref: '#/$defs/name' };

export const environments = {
  description:
    'Where a version can be promoted to, in order: a list of names, or each with what a version needs to come in',
  oneOf: [
    { description: 'a list of names', type: 'array', minItems: 1, uniqueItems: true, items: name },
    {
      description: 'environments by name',
      type: 'object',
      minProperties: 1,
      propertyNames: name,
      additionalProperties: environment,
    },
  ],
  default: defaultEnvironments,
};

type GivenGate = string | Readonly<Record<string, number | OfModel>>;

/** As the file has it. */
export type GivenEnvironments =
  | readonly string[]
  | Readonly<Record<string, { readonly from?: string; readonly gates?: readonly GivenGate[] } | null>>;

type At = (path: Path) => string;

const plannedGate = (given: GivenGate): PlannedGate => {
  const [[gate, value]] = typeof given === 'string' ? [[given, {}] as const] : Object.entries(given);
  const settings = typeof value === 'number' ? { needed: value } : value;
  return { gate, settings } as PlannedGate;
};

/** @throws BAD_PROJECT for what the schema cannot say: gates that are asked twice, or an unknown `from` */
export const environmentsOf = (given: GivenEnvironments = defaultEnvironments, at: At): readonly Environment[] => {
  if (Array.isArray(given)) return given.map((one: string) => ({ name: one, gates: [] }));
  const all = Object.keys(given);
  return Object.entries(given as Exclude<GivenEnvironments, readonly string[]>).map(([one, wanted]): Environment => {
    const { from, gates = [] } = wanted ?? {};
    const path = ['environments', one];
    if (from !== undefined && (from === one || !all.includes(from))) {
      const meant = nearest(from, all);
      const others = all.filter((other) => other !== one);
      const hint = meant === undefined || meant === one ? '' : `; did you mean ${meant}?`;
      const message = `${at([...path, 'from'])}: ${one} cannot be entered from ${from}${hint}`;
      throw fail('BAD_PROJECT', message, { field: `environments.${one}.from`, expected: others.join(', '), got: from });
    }
    const planned = gates.map(plannedGate);
    const keys = planned.map(({ gate, settings }) => `${gate} ${'model' in settings ? settings.model : ''}`);
    const twice = keys.findIndex((key, place) => keys.indexOf(key) !== place);
    if (twice !== -1) {
      throw fail('BAD_PROJECT', `${at([...path, 'gates', twice])}: ${one} asks ${planned[twice].gate} twice`, {
        field: `environments.${one}.gates[${twice}]`,
        expected: 'each gate once, or once a model',
        got: planned[twice].gate,
      });
    }
    const before: readonly PlannedGate[] =
      from === undefined ? [] : [{ gate: 'from', settings: { environment: from } }];
    // Others load the package: whose it is comes before.
    const signed = planned.filter((wantedGate) => wantedGate.gate === 'signed');
    const others = planned.filter((wantedGate) => wantedGate.gate !== 'signed');
    return { name: one, gates: [...before, ...signed, ...others] };
  });
};

/** Gates of an environment that are asked of versions of a model; none where there is no such environment. */
export const gatesOf = (all: readonly Environment[], environment: string, model: string): readonly PlannedGate[] =>
  (all.find(({ name }) => name === environment)?.gates ?? []).filter(
    ({ settings }) => !('model' in settings) || settings.model === undefined || settings.model === model,
  );
