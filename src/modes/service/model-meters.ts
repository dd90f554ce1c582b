/** What is counted and measured of each model, run by run and call by call. docs/SERVICE.md lists the names. */
import type { Registry } from 'prom-client';
import type { Code } from '../../core/errors.ts';
import type { Timings } from '../../core/types.ts';
import type { Count, Family, Histogram } from '../../metrics/metric.ts';
import { type Families, keep } from '../../metrics/table.ts';
import type { ModelRun } from './job.ts';
import type { Card } from './model.ts';

export interface ModelMeters {
  /** One run of a model. */
  ran(card: Card, run: ModelRun): void;
  /** One call that was answered with predictions of so many rows, `ms` after it came. */
  answered(card: Card, ms: number, predicted: number, outcome: 'ok' | 'partial' | Code): void;
  /** Rows that were refused, one unless given, whatever became of their call. */
  refused(card: Card, code: Code, rows?: number): void;
  /** One call that failed as a whole. */
  failed(card: Card, ms: number, code: Code): void;
}

/** Seconds, from a tenth of a millisecond on: the models here are small. */
const SECONDS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;
/** Stages of a run may take microseconds. */
const STAGE_SECONDS = [0.000005, 0.00001, 0.000025, 0.00005, ...SECONDS] as const;
const SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096, 16_384] as const;

/** Stages of a run; a request waits in the queue before. */
const timed: readonly (keyof Timings)[] = ['validate', 'prepare', 'run', 'finish'];
type Stage = 'queue' | keyof Timings;

const MODEL = ['model', 'version', 'deployment', 'variant'] as const;
/** The values of these labels. */
const valuesOf = ({ name, version, deployment = '', variant }: Card) => [name, version, deployment, variant] as const;

const kept = {
  requests: {
    counter: 'millrace_requests_total',
    help: 'Calls by outcome: ok, partial (some rows were refused), or the code of the error.',
    labels: [...MODEL, 'outcome'],
  },
  predictions: {
    counter: 'millrace_predictions_total',
    help: 'Rows by outcome: ok (its prediction was answered), or the code of its error.',
    labels: [...MODEL, 'outcome'],
  },
  durations: {
    histogram: 'millrace_request_duration_seconds',
    help: 'From a decoded request to its answer.',
    labels: MODEL,
    bounds: SECONDS,
  },
  stages: {
    histogram: 'millrace_stage_duration_seconds',
    help: 'Time in each stage: queue for a request, the others for a run.',
    labels: [...MODEL, 'stage'],
    bounds: STAGE_SECONDS,
  },
  batchRows: { histogram: 'millrace_batch_rows', help: 'Rows a run.', labels: MODEL, bounds: SIZES },
  batchRequests: {
    histogram: 'millrace_batch_requests',
    help: 'Requests that shared a run.',
    labels: MODEL,
    bounds: SIZES,
  },
} as const;

/** The children of one model, found once. */
interface OfModel {
  readonly durations: Histogram;
  readonly batchRows: Histogram;
  readonly batchRequests: Histogram;
  readonly stages: Readonly<Record<Stage, Histogram>>;
  readonly ok: Count;
  readonly predicted: Count;
}

const childrenOf = (families: Families<typeof kept>, card: Card): OfModel => {
  const values = valuesOf(card);
  const stage = (name: Stage): Histogram => families.stages.child(...values, name);
  return {
    durations: families.durations.child(...values),
    batchRows: families.batchRows.child(...values),
    batchRequests: families.batchRequests.child(...values),
    stages: {
      queue: stage('queue'),
      validate: stage('validate'),
      prepare: stage('prepare'),
      run: stage('run'),
      finish: stage('finish'),
    },
    ok: families.requests.child(...values, 'ok'),
    predicted: families.predictions.child(...values, 'ok'),
  };
};

export const createModelMeters = (registry: Registry): ModelMeters => {
  const families = keep(registry, kept);
  const known = new WeakMap<Card, OfModel>();
  const of = (card: Card): OfModel => {
    let own = known.get(card);
    if (own === undefined) {
      own = childrenOf(families, card);
      known.set(card, own);
    }
    return own;
  };
  const add = (counts: Family<Count>, card: Card, outcome: string, amount: number): void => {
    counts.child(...valuesOf(card), outcome).value += amount;
  };

  return {
    ran(card, { rows, requests: shared, timings, waited }) {
      const own = of(card);
      own.batchRows.observe(rows);
      own.batchRequests.observe(shared);
      for (const stage of timed) own.stages[stage].observe(timings[stage] / 1000);
      for (const ms of waited) own.stages.queue.observe(ms / 1000);
    },
    answered(card, ms, predicted, outcome) {
      const own = of(card);
      own.durations.observe(ms / 1000);
      own.predicted.value += predicted;
      if (outcome === 'ok') own.ok.value++;
      else add(families.requests, card, outcome, 1);
    },
    refused: (card, code, rows = 1) => add(families.predictions, card, code, rows),
    failed(card, ms, code) {
      of(card).durations.observe(ms / 1000);
      add(families.requests, card, code, 1);
    },
  };
};
