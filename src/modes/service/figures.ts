/** Figures of the service that are kept elsewhere, and read when Prometheus asks. docs/SERVICE.md lists the names. */
import type { MetricValue, Registry } from 'prom-client';
import type { Recorder } from '../../monitor/recorder.ts';
import type { Bodies } from './bodies.ts';
import type { Connections } from './connections.ts';
import type { IsolatedPool } from './isolation.ts';
import { type Aggregator, gauge, total } from '../../metrics/metric.ts';
import type { Card } from './model.ts';
import type { Publishing } from './publish/publishing.ts';
import type { Reader } from './reading/reader.ts';
import type { Slot } from './slot.ts';

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

/** One figure of each model that is loaded. */
type OfEach = (read: (model: WatchedModel) => number | undefined) => () => readonly MetricValue<string>[];

const watchQueues = (registry: Registry, ofEach: OfEach): void => {
  const read = (name: string, help: string, value: (batcher: WatchedModel['batcher']) => number): void =>
    gauge(
      registry,
      { name: `millrace_${name}`, help },
      ofEach(({ batcher }) => value(batcher)),
    );
  read('queue_depth', 'Requests that wait.', ({ waiting }) => waiting.requests);
  read('queue_rows', 'Rows that wait.', ({ waiting }) => waiting.rows);
  read('queue_bytes', 'Bytes that wait.', ({ waiting }) => waiting.bytes);
  read('in_flight', 'Requests that wait or run.', ({ inFlight }) => inFlight);
};

const watchPools = (registry: Registry, ofEach: OfEach): void => {
  const described = (name: string, help: string) => ({ name: `millrace_${name}`, help });
  const size = described('workers', 'Processes that a model should have of its own.');
  gauge(
    registry,
    size,
    ofEach(({ pool }) => pool?.size),
  );
  gauge(
    registry,
    described('workers_ready', 'Processes that it has.'),
    ofEach(({ pool }) => pool?.ready),
  );
  const restarts = described('worker_restarts_total', 'Processes that were started in the place of one that ended.');
  total(
    registry,
    restarts,
    ofEach(({ pool }) => pool?.restarts),
  );
};

const watchLoaded = (registry: Registry, ofEach: OfEach, loaded: () => readonly WatchedModel[]): void => {
  const read = (name: string, help: string, value: (model: WatchedModel) => number, how?: Aggregator): void =>
    gauge(registry, { name: `millrace_model_${name}`, help }, ofEach(value), how);
  read('load_seconds', 'From the reference to a warm model.', ({ loadMs }) => loadMs / 1000, 'max');
  read('memory_bytes', 'By how much the process grew when the model was loaded.', (one) => one.memoryBytes);
  read('row_seconds', 'One row alone, measured when the model was loaded.', ({ rowMs }) => rowMs / 1000, 'max');
  const info = { name: 'millrace_model_info', help: 'The models that are loaded, with their digests.' };
  const digests = () => loaded().map((one) => ({ labels: { ...labelsOf(one), digest: one.digest }, value: 1 }));
  gauge(registry, info, digests, 'max');
};

/** Shows all that is watched. */
export const showFigures = (registry: Registry, watched: Watched): void => {
  const { slots, ready, recorder, publishing } = watched;
  const loaded = () => slots().flatMap(({ model }) => model ?? []);
  const ofEach: OfEach = (read) => () =>
    loaded().flatMap((model) => {
      const value = read(model);
      return value === undefined ? [] : [{ labels: labelsOf(model), value }];
    });
  watchDoors(registry, watched);
  if (recorder) watchRecorder(registry, recorder);
  if (publishing) watchPublishing(registry, publishing);
  watchQueues(registry, ofEach);
  watchLoaded(registry, ofEach, loaded);
  watchPools(registry, ofEach);
  const isReady = () => [{ labels: {}, value: Number(ready()) }];
  gauge(registry, { name: 'millrace_ready', help: '1 when requests may be sent.' }, isReady, 'min');
};
