/** What records of modes without callers tell Prometheus. docs/RECORDS.md lists the names; a test holds the two together. */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { RecorderFigures } from './recorder.ts';

const named = (name: string, help: string) => ({ name: `millrace_mode_records_${name}`, help });

/** Shows figures that are read when somebody looks; once a registry, however many modes ask for it. */
export const watchRecords = (registry: Registry, figures: () => RecorderFigures | undefined): void => {
  const registers = [registry];
  const written = named('written_total', 'Predictions of streams and batch runs that were recorded.');
  if (registry.getSingleMetric(written.name) !== undefined) return;
  new Counter({
    ...written,
    registers,
    collect() {
      this.reset();
      this.inc(figures()?.written ?? 0);
    },
  });
  new Counter({
    ...named('dropped_total', 'Those that were not recorded though they should, by reason.'),
    labelNames: ['reason'],
    registers,
    collect() {
      this.reset();
      for (const [reason, count] of Object.entries(figures()?.dropped ?? {})) this.inc({ reason }, count);
    },
  });
  new Gauge({
    ...named('waiting_bytes', 'Bytes of records that wait to be written.'),
    registers,
    collect() {
      this.set(figures()?.waitingBytes ?? 0);
    },
  });
};
