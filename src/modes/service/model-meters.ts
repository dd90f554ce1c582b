/** What is counted and measured of each model, run by run and call by call. docs/SERVICE.md lists the names. */
import type { Registry } from 'prom-client';
import type { Code } from '../../core/errors.ts';
import type { Timings } from '../../core/types.ts';
import type { ModelRun } from './job.ts';
import { type Count, counters, type Family, type Histogram, histograms } from '../../metrics/metric.ts';
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
const secondBounds = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;
/** Stages of a run may take microseconds. */
const stageBounds = [0.000005, 0.00001, 0.000025, 0.00005, ...secondBounds] as const;
const sizeBounds = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096, 16_384] as const;

/** Stages of a run; a request waits in the queue before. */
const timed: readonly (keyof Timings)[] = ['validate', 'prepare', 'run', 'finish'];
type Stage = 'queue' | keyof Timings;

const model = ['model', 'version', 'deployment', 'variant'] as const;
/** The values of these labels. */
const valuesOf = ({ name, version, deployment = '', variant }: Card) => [name, version, deployment, variant] as const;

interface Families {
  readonly requests: Family<Count>;
  readonly predictions: Family<Count>;
  readonly durations: Family<Histogram>;
  readonly stages: Family<Histogram>;
  readonly batchRows: Family<Histogram>;
  readonly batchRequests: Family<Histogram>;
}

const familiesIn = (registry: Registry): Families => {
  const counted = (name: string, help: string) =>
    counters(registry, { name: `millrace_${name}`, help }, [...model, 'outcome']);
  const measured = (name: string, help: string, bounds: readonly number[], ...more: readonly string[]) =>
    histograms(registry, { name: `millrace_${name}`, help }, bounds, [...model, ...more]);
  return {
    requests: counted(
      'requests_total',
      'Calls by outcome: ok, partial (some rows were refused), or the code of the error.',
    ),
    predictions: counted(
      'predictions_total',
      'Rows by outcome: ok (its prediction was answered), or the code of its error.',
    ),
    durations: measured('request_duration_seconds', 'From a decoded request to its answer.', secondBounds),
    stages: measured(
      'stage_duration_seconds',
      'Time in each stage: queue for a request, the others for a run.',
      stageBounds,
      'stage',
    ),
    batchRows: measured('batch_rows', 'Rows a run.', sizeBounds),
    batchRequests: measured('batch_requests', 'Requests that shared a run.', sizeBounds),
  };
};

/** The children of one model, found once. */
interface OfModel {
  readonly durations: Histogram;
  readonly batchRows: Histogram;
  readonly batchRequests: Histogram;
  readonly stages: Readonly<Record<Stage, Histogram>>;
  readonly ok: Count;
  readonly predicted: Count;
}

const childrenOf = (families: Families, card: Card): OfModel => {
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
  const families = familiesIn(registry);
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
