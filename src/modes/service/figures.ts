/** Figures of the service that are kept elsewhere, and read when Prometheus asks. docs/SERVICE.md lists the names. */
import type { MetricValue, Registry } from 'prom-client';
import { type Shown, show } from '../../metrics/table.ts';
import type { Recorder } from '../../monitor/recorder.ts';
import type { Bodies } from './bodies.ts';
import type { Connections } from './connections.ts';
import type { IsolatedPool } from './isolation.ts';
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

type Values = readonly MetricValue<string>[];
const one = (value: number): Values => [{ labels: {}, value }];
const byReason = (counts: Readonly<Record<string, number>>): Values =>
  Object.entries(counts).map(([reason, value]) => ({ labels: { reason }, value }));

const ofDoors: readonly Shown<Watched>[] = [
  {
    gauge: 'millrace_bodies_bytes',
    help: 'Bytes of all bodies that are being read, or whose large requests are being answered.',
    read: ({ bodies }) => one(bodies.bytes),
  },
  {
    gauge: 'millrace_reading',
    help: 'Large bodies that threads read, or that wait for one.',
    read: ({ reader }) => one(reader.waiting),
  },
  {
    total: 'millrace_reading_ended_total',
    help: 'Threads that were ended as a body took too long, or too much memory, to read.',
    read: ({ reader }) => one(reader.ended),
  },
  {
    gauge: 'millrace_connections',
    help: 'Connections that are open, by door.',
    read: ({ places }) => Object.entries(places).map(([door, { open }]) => ({ labels: { door }, value: open })),
  },
  {
    gauge: 'millrace_ready',
    help: '1 when requests may be sent.',
    how: 'min',
    read: ({ ready }) => one(Number(ready())),
  },
];

const ofRecorder: readonly Shown<Pick<Recorder, 'figures'>>[] = [
  {
    total: 'millrace_records_written_total',
    help: 'Predictions that were recorded.',
    read: ({ figures }) => one(figures.written),
  },
  {
    total: 'millrace_records_dropped_total',
    help: 'Predictions that were not recorded though they should, by reason.',
    read: ({ figures }) => byReason(figures.dropped),
  },
  {
    gauge: 'millrace_records_waiting_bytes',
    help: 'Bytes of records that wait to be written.',
    read: ({ figures }) => one(figures.waitingBytes),
  },
  {
    gauge: 'millrace_records_buffer_bytes',
    help: 'Bytes that may wait; what comes beyond is dropped.',
    read: ({ figures }) => one(figures.bufferBytes),
  },
  {
    total: 'millrace_records_restarts_total',
    help: 'Threads started in the place of one that wrote records.',
    read: ({ figures }) => one(figures.restarts),
  },
];

const ofPublishing: readonly Shown<Pick<Publishing, 'figures' | 'better'>>[] = [
  {
    total: 'millrace_publish_events_total',
    help: 'Events that the broker has acknowledged.',
    read: ({ figures }) => one(figures.published),
  },
  {
    total: 'millrace_publish_dropped_total',
    help: 'Predictions that were not published though they should, by reason.',
    read: ({ figures }) => byReason(figures.dropped),
  },
  {
    gauge: 'millrace_publish_waiting_bytes',
    help: 'Bytes of answers that wait to be published.',
    read: ({ figures }) => one(figures.waitingBytes),
  },
  {
    gauge: 'millrace_publish_listeners',
    help: 'Callers that listen for better predictions.',
    read: ({ better }) => one(better?.listening ?? 0),
  },
];

/** A figure of each model that is loaded, and has it. */
const each =
  (value: (model: WatchedModel) => number | undefined) =>
  ({ slots }: Watched): Values =>
    slots().flatMap(({ model }) => {
      const figure = model && value(model);
      return model === undefined || figure === undefined ? [] : [{ labels: labelsOf(model), value: figure }];
    });

const ofModels: readonly Shown<Watched>[] = [
  {
    gauge: 'millrace_queue_depth',
    help: 'Requests that wait.',
    read: each(({ batcher }) => batcher.waiting.requests),
  },
  { gauge: 'millrace_queue_rows', help: 'Rows that wait.', read: each(({ batcher }) => batcher.waiting.rows) },
  { gauge: 'millrace_queue_bytes', help: 'Bytes that wait.', read: each(({ batcher }) => batcher.waiting.bytes) },
  { gauge: 'millrace_in_flight', help: 'Requests that wait or run.', read: each(({ batcher }) => batcher.inFlight) },
  {
    gauge: 'millrace_model_load_seconds',
    help: 'From the reference to a warm model.',
    how: 'max',
    read: each(({ loadMs }) => loadMs / 1000),
  },
  {
    gauge: 'millrace_model_memory_bytes',
    help: 'By how much the process grew when the model was loaded.',
    read: each(({ memoryBytes }) => memoryBytes),
  },
  {
    gauge: 'millrace_model_row_seconds',
    help: 'One row alone, measured when the model was loaded.',
    how: 'max',
    read: each(({ rowMs }) => rowMs / 1000),
  },
  {
    gauge: 'millrace_workers',
    help: 'Processes that a model should have of its own.',
    read: each(({ pool }) => pool?.size),
  },
  { gauge: 'millrace_workers_ready', help: 'Processes that it has.', read: each(({ pool }) => pool?.ready) },
  {
    total: 'millrace_worker_restarts_total',
    help: 'Processes that were started in the place of one that ended.',
    read: each(({ pool }) => pool?.restarts),
  },
  {
    gauge: 'millrace_model_info',
    help: 'The models that are loaded, with their digests.',
    how: 'max',
    read: ({ slots }) =>
      slots().flatMap(({ model }) =>
        model ? [{ labels: { ...labelsOf(model), digest: model.digest }, value: 1 }] : [],
      ),
  },
];

/** Shows all that is watched. */
export const showFigures = (registry: Registry, watched: Watched): void => {
  show(registry, [...ofDoors, ...ofModels])(watched);
  if (watched.recorder) show(registry, ofRecorder)(watched.recorder);
  if (watched.publishing) show(registry, ofPublishing)(watched.publishing);
};
