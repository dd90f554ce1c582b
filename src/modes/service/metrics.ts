/** What the service tells Prometheus. docs/SERVICE.md lists the names; a test holds the two together. */
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Code } from '../../core/errors.ts';
import type { Timings } from '../../core/types.ts';
import {
  type Aggregator,
  type Count,
  counters,
  type Family,
  gauge,
  type Histogram,
  histograms,
  total,
} from '../../metrics/metric.ts';
import type { Recorder } from '../../monitor/recorder.ts';
import type { Bodies } from './bodies.ts';
import type { Connections } from './connections.ts';
import type { IsolatedPool } from './isolation.ts';
import type { ModelRun } from './job.ts';
import type { Card } from './model.ts';
import type { Slot } from './models.ts';
import type { Publishing } from './publish/publishing.ts';
import type { Reader } from './reading/reader.ts';

/** Seconds, from a tenth of a millisecond on: the models here are small. */
const seconds = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;
/** Stages of a run may take microseconds. */
const fineSeconds = [0.000005, 0.00001, 0.000025, 0.00005, ...seconds] as const;
const batchSizes = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096, 16_384] as const;

const stages = ['queue', 'validate', 'prepare', 'run', 'finish'] as const;

/** The children of one model, found once. */
interface OfModel {
  readonly durations: Histogram;
  readonly batchRows: Histogram;
  readonly batchRequests: Histogram;
  readonly stages: Readonly<Record<(typeof stages)[number], Histogram>>;
  readonly ok: Count;
  readonly predicted: Count;
}

/** Where the figures that are only read come from. */
export interface Watched {
  readonly slots: () => readonly (Slot & { readonly model?: WatchedModel | undefined })[];
  readonly ready: () => boolean;
  readonly bodies: Pick<Bodies, 'bytes'>;
  readonly reader: Pick<Reader, 'waiting' | 'ended'>;
  /** By door. */
  readonly places: Readonly<Record<string, Pick<Connections, 'open'>>>;
  readonly recorder?: Pick<Recorder, 'figures'> | undefined;
  readonly publishing?: Pick<Publishing, 'figures' | 'better'> | undefined;
}
interface WatchedModel extends Card {
  readonly pool?: IsolatedPool | undefined;
  readonly batcher: {
    readonly inFlight: number;
    readonly waiting: { readonly requests: number; readonly rows: number; readonly bytes: number };
  };
}

export interface Metrics {
  readonly registry: Registry;
  /** One run of a model. */
  ran(card: Card, run: ModelRun): void;
  /** One call that was answered with predictions of so many rows, `ms` after it came. */
  answered(card: Card, ms: number, predicted: number, outcome: 'ok' | 'partial' | Code): void;
  /** Rows that were refused, one unless given, whatever became of their call. */
  refused(card: Card, code: Code, rows?: number): void;
  /** One call that failed as a whole. */
  failed(card: Card, ms: number, code: Code): void;
  /** One request that a transport answered with an error. */
  rejected(code: Code): void;
  /** An environment moved, and the new version took over or did not. */
  promoted(outcome: 'replaced' | 'refused' | 'unreachable'): void;
  /** Starts to show figures that are read when somebody looks. */
  watch(watched: Watched): void;
}

const model = ['model', 'version', 'deployment', 'variant'] as const;
/** The values of these labels. */
const valuesOf = ({ name, version, deployment = '', variant }: Card) => [name, version, deployment, variant] as const;
const labelsOf = ({ name, version, deployment, variant }: Card) => ({
  model: name,
  version,
  ...(deployment !== undefined && { deployment }),
  variant,
});

const watchDoors = (registry: Registry, { bodies, places, reader }: Pick<Watched, 'bodies' | 'places' | 'reader'>) => {
  const bytes = 'Bytes of all bodies that are being read, or whose large requests are being answered.';
  gauge(registry, { name: 'millrace_bodies_bytes', help: bytes }, () => [{ labels: {}, value: bodies.bytes }]);
  const reading = 'Large bodies that threads read, or that wait for one.';
  gauge(registry, { name: 'millrace_reading', help: reading }, () => [{ labels: {}, value: reader.waiting }]);
  const ended = 'Threads that were ended as a body took too long, or too much memory, to read.';
  total(registry, { name: 'millrace_reading_ended_total', help: ended }, () => [{ labels: {}, value: reader.ended }]);
  gauge(registry, { name: 'millrace_connections', help: 'Connections that are open, by door.' }, () =>
    Object.entries(places).map(([door, { open }]) => ({ labels: { door }, value: open })),
  );
};

const watchRecorder = (registry: Registry, recorder: Pick<Recorder, 'figures'>): void => {
  const described = (name: string, help: string) => ({ name: `millrace_records_${name}`, help });
  total(registry, described('written_total', 'Predictions that were recorded.'), () => [
    { labels: {}, value: recorder.figures.written },
  ]);
  total(registry, described('dropped_total', 'Predictions that were not recorded though they should, by reason.'), () =>
    Object.entries(recorder.figures.dropped).map(([reason, value]) => ({ labels: { reason }, value })),
  );
  gauge(registry, described('waiting_bytes', 'Bytes of records that wait to be written.'), () => [
    { labels: {}, value: recorder.figures.waitingBytes },
  ]);
  gauge(registry, described('buffer_bytes', 'Bytes that may wait; what comes beyond is dropped.'), () => [
    { labels: {}, value: recorder.figures.bufferBytes },
  ]);
  total(registry, described('restarts_total', 'Threads started in the place of one that wrote records.'), () => [
    { labels: {}, value: recorder.figures.restarts },
  ]);
};

const watchPublishing = (registry: Registry, publishing: Pick<Publishing, 'figures' | 'better'>): void => {
  const described = (name: string, help: string) => ({ name: `millrace_publish_${name}`, help });
  total(registry, described('events_total', 'Events that the broker has acknowledged.'), () => [
    { labels: {}, value: publishing.figures.published },
  ]);
  total(
    registry,
    described('dropped_total', 'Predictions that were not published though they should, by reason.'),
    () => Object.entries(publishing.figures.dropped).map(([reason, value]) => ({ labels: { reason }, value })),
  );
  gauge(registry, described('waiting_bytes', 'Bytes of answers that wait to be published.'), () => [
    { labels: {}, value: publishing.figures.waitingBytes },
  ]);
  gauge(registry, described('listeners', 'Callers that listen for better predictions.'), () => [
    { labels: {}, value: publishing.better?.listening ?? 0 },
  ]);
};

/** In a registry of its own, which tells of the process too, unless one is given. */
export const createMetrics = (given?: Registry): Metrics => {
  const registry = given ?? new Registry();
  if (given === undefined) collectDefaultMetrics({ register: registry });
  const named = (name: string, help: string) => ({ name: `millrace_${name}`, help });

  const requests = counters(
    registry,
    named('requests_total', 'Calls by outcome: ok, partial (some rows were refused), or the code of the error.'),
    [...model, 'outcome'],
  );
  const predictions = counters(
    registry,
    named('predictions_total', 'Rows by outcome: ok (its prediction was answered), or the code of its error.'),
    [...model, 'outcome'],
  );
  const durations = histograms(
    registry,
    named('request_duration_seconds', 'From a decoded request to its answer.'),
    seconds,
    model,
  );
  const stageSeconds = histograms(
    registry,
    named('stage_duration_seconds', 'Time in each stage: queue for a request, the others for a run.'),
    fineSeconds,
    [...model, 'stage'],
  );
  const batchRows = histograms(registry, named('batch_rows', 'Rows a run.'), batchSizes, model);
  const batchRequests = histograms(registry, named('batch_requests', 'Requests that shared a run.'), batchSizes, model);
  const rejected = counters(registry, named('rejected_total', 'Requests answered with an error, by its code.'), [
    'reason',
  ]);
  const promotions = counters(
    registry,
    named('promotions_total', 'Moves of environments seen, by what came of them.'),
    ['outcome'],
  );

  const known = new WeakMap<Card, OfModel>();
  const of = (card: Card): OfModel => {
    let own = known.get(card);
    if (own === undefined) {
      const values = valuesOf(card);
      own = {
        durations: durations.child(...values),
        batchRows: batchRows.child(...values),
        batchRequests: batchRequests.child(...values),
        stages: Object.fromEntries(
          stages.map((stage) => [stage, stageSeconds.child(...values, stage)]),
        ) as OfModel['stages'],
        ok: requests.child(...values, 'ok'),
        predicted: predictions.child(...values, 'ok'),
      };
      known.set(card, own);
    }
    return own;
  };
  const timed: readonly (keyof Timings)[] = ['validate', 'prepare', 'run', 'finish'];
  const add = (counts: Family<Count>, amount: number, ...labels: readonly string[]): void => {
    counts.child(...labels).value += amount;
  };

  return {
    registry,
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
      else add(requests, 1, ...valuesOf(card), outcome);
    },
    refused: (card, code, rows = 1) => add(predictions, rows, ...valuesOf(card), code),
    failed(card, ms, code) {
      of(card).durations.observe(ms / 1000);
      add(requests, 1, ...valuesOf(card), code);
    },
    rejected: (code) => add(rejected, 1, code),
    promoted: (outcome) => add(promotions, 1, outcome),
    watch({ slots, ready, bodies, places, reader, recorder, publishing }) {
      watchDoors(registry, { bodies, places, reader });
      if (recorder) watchRecorder(registry, recorder);
      if (publishing) watchPublishing(registry, publishing);
      const read = (name: string, help: string, value: (model: WatchedModel) => number, how?: Aggregator): void => {
        const values = () =>
          slots().flatMap(({ model: loaded }) => (loaded ? [{ labels: labelsOf(loaded), value: value(loaded) }] : []));
        gauge(registry, named(name, help), values, how);
      };
      read('queue_depth', 'Requests that wait.', ({ batcher }) => batcher.waiting.requests);
      read('queue_rows', 'Rows that wait.', ({ batcher }) => batcher.waiting.rows);
      read('queue_bytes', 'Bytes that wait.', ({ batcher }) => batcher.waiting.bytes);
      read('in_flight', 'Requests that wait or run.', ({ batcher }) => batcher.inFlight);
      read('model_load_seconds', 'From the reference to a warm model.', ({ loadMs }) => loadMs / 1000, 'max');
      read('model_memory_bytes', 'By how much the process grew when the model was loaded.', (one) => one.memoryBytes);
      read(
        'model_row_seconds',
        'One row alone, measured when the model was loaded.',
        ({ rowMs }) => rowMs / 1000,
        'max',
      );
      const ofPools = (read: (pool: IsolatedPool) => number) => () =>
        slots().flatMap(({ model: loaded }) =>
          loaded?.pool ? [{ labels: labelsOf(loaded), value: read(loaded.pool) }] : [],
        );
      const size = ofPools((pool) => pool.size);
      const there = ofPools((pool) => pool.ready);
      const restarts = ofPools((pool) => pool.restarts);
      gauge(registry, named('workers', 'Processes that a model should have of its own.'), size);
      gauge(registry, named('workers_ready', 'Processes that it has.'), there);
      const started = 'Processes that were started in the place of one that ended.';
      total(registry, named('worker_restarts_total', started), restarts);
      const info = () =>
        slots().flatMap(({ model: loaded }) =>
          loaded ? [{ labels: { ...labelsOf(loaded), digest: loaded.digest }, value: 1 }] : [],
        );
      gauge(registry, named('model_info', 'The models that are loaded, with their digests.'), info, 'max');
      const isReady = () => [{ labels: {}, value: Number(ready()) }];
      gauge(registry, named('ready', '1 when requests may be sent.'), isReady, 'min');
    },
  };
};
