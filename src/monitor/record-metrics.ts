/** What records of modes without callers tell Prometheus. docs/RECORDS.md lists the names; a test holds the two together. */
import type { Registry } from 'prom-client';
import { type Shown, show } from '../metrics/table.ts';
import type { RecorderFigures } from './recorder.ts';

const shown: readonly Shown<() => RecorderFigures | undefined>[] = [
  {
    total: 'millrace_mode_records_written_total',
    help: 'Predictions of streams and batch runs that were recorded.',
    read: (figures) => [{ labels: {}, value: figures()?.written ?? 0 }],
  },
  {
    total: 'millrace_mode_records_dropped_total',
    help: 'Those that were not recorded though they should, by reason.',
    read: (figures) =>
      Object.entries(figures()?.dropped ?? {}).map(([reason, value]) => ({ labels: { reason }, value })),
  },
  {
    gauge: 'millrace_mode_records_waiting_bytes',
    help: 'Bytes of records that wait to be written.',
    read: (figures) => [{ labels: {}, value: figures()?.waitingBytes ?? 0 }],
  },
];

/** Shows figures that are read when somebody looks; once a registry, however many modes ask for it. */
export const watchRecords = (registry: Registry, figures: () => RecorderFigures | undefined): void => {
  if (registry.getSingleMetric('millrace_mode_records_written_total') === undefined) show(registry, shown)(figures);
};
