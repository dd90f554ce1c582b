/** A world that gates are asked in, of versions whose answers are made up. */
import type { Manifest, Scorer } from '../../src/core/types.ts';
import type { EnvironmentGate, GateAnswer, GateVersion, GateWorld } from '../../src/gates/gate.ts';
import type { Prediction } from '../../src/monitor/records/records.ts';
import type { FinishedComparison, Pointer } from '../../src/registry/types.ts';

export const manifest = (version: string, more: Partial<Manifest> = {}): Manifest => ({
  name: 'ride',
  version,
  runtime: 'onnx',
  inputs: { distance: { kind: 'number', unit: 'mile', min: 0 }, zone: { kind: 'category' } },
  outputs: { minutes: { kind: 'number', unit: 'minute' } },
  ...more,
});

/** Answers by the distance; undefined is a refusal. */
export type Answering = (distance: number) => number | undefined;

const refusal = { code: 'OUT_OF_RANGE', field: 'distance', message: 'distance: too far' } as const;

const scorerOf = (own: Manifest, answer: Answering): Scorer => ({
  manifest: own,
  digest: `sha256:${own.version}`,
  graph: { inputs: [], outputs: [] },
  score: async (rows) =>
    rows.map((row) => {
      const minutes = answer((row as { readonly distance: number }).distance);
      return minutes === undefined ? { error: refusal } : { output: { minutes } };
    }),
  scoreColumns: async ({ distance }) => {
    const answers = Array.from(distance as ArrayLike<unknown>, (value) => answer(Number(value)));
    const refused = answers.flatMap((value, row) => (value === undefined ? [[row, refusal] as const] : []));
    const minutes = Float64Array.from(answers, (value) => value ?? Number.NaN);
    return { rows: answers.length, columns: { minutes }, errors: new Map(refused) };
  },
  close: async () => {},
});

export interface MadeUp {
  readonly version: string;
  /** Twice the distance unless given. */
  readonly answer?: Answering;
  readonly examples?: number;
  /** Who has signed it, of those who are trusted: ada unless given. */
  readonly signed?: readonly string[];
  readonly trusted?: readonly string[];
  readonly manifest?: Partial<Manifest>;
  /** What its proof throws. */
  readonly flaw?: Error;
}

export const madeUp = (one: MadeUp): GateVersion => {
  const own = manifest(one.version, one.manifest);
  return {
    version: one.version,
    digest: `sha256:${one.version}`,
    manifest: own,
    examples: one.examples ?? 1,
    signers: async () => ({
      signed: one.signed ?? [],
      trusted: one.trusted ?? ['ada'],
      signatures: one.signed?.length ?? 0,
    }),
    prove: async () => {
      if (one.flaw) throw one.flaw;
    },
    scorer: async () => scorerOf(own, one.answer ?? ((distance) => 2 * distance)),
  };
};

export interface WorldOptions {
  readonly rows?: number;
  readonly comparisons?: readonly FinishedComparison[];
  readonly approvedBy?: readonly string[];
  /** The version that staging points at. */
  readonly staging?: string;
  /** Where files are. */
  readonly folder?: string;
}

const recordedRows = (count: number): readonly Prediction[] =>
  Array.from({ length: count }, (_, at) => ({
    id: `row-${at}`,
    at: new Date(Date.UTC(2026, 10, 1) + at).toISOString(),
    deployment: 'rides',
    model: 'ride',
    version: '1.0.0',
    digest: 'sha256:1.0.0',
    variant: 'stable',
    input: JSON.stringify({ distance: (at % 17) + 0.5, zone: ['north', 'south', 'east'][at % 3] }),
    coerced: false,
    output: '{"minutes":1}',
    ms: 1,
  }));

export const world = ({
  rows = 0,
  comparisons = [],
  approvedBy = [],
  staging,
  folder = '',
}: WorldOptions = {}): GateWorld => {
  const at = '2026-11-01T10:00:00.000Z';
  const pointers: readonly Pointer[] =
    staging === undefined
      ? []
      : [{ environment: 'staging', version: staging, digest: 'sha256:1', since: at, who: 'ada' }];
  const version = (one: string) => ({ name: 'ride', version: one, digest: `sha256:${one}`, size: 1, registeredAt: at });
  return {
    registry: {
      pointers: async () => pointers,
      history: async () => [],
      comparisons: async () => comparisons,
      approvals: async ({ name, version: one, environment }) =>
        approvedBy.map((who) => ({ name, version: one, environment, who, at })),
      versions: async () => ['1.0.0', '1.1.0'].map((one) => ({ ...version(one), registeredBy: 'ada' })),
    },
    recorded: async (_model, most) => recordedRows(rows).slice(0, most),
    placed: (path) => `${folder}/${path}`,
  };
};

/** What a gate says of 1.1.0 where production points at 1.0.0, or at nothing. */
export const askOf = <S>(
  gate: EnvironmentGate<S>,
  settings: S,
  within: WorldOptions = {},
  candidate: Omit<MadeUp, 'version'> = {},
  inPlace: Omit<MadeUp, 'version'> | null = {},
): Promise<GateAnswer> => {
  const question = {
    name: 'ride',
    environment: 'production',
    candidate: madeUp({ version: '1.1.0', ...candidate }),
    inPlace: inPlace === null ? undefined : madeUp({ version: '1.0.0', ...inPlace }),
  };
  return gate(question, settings, world(within));
};
