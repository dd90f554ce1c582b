/**
 * Metrics as data: one row each, which is all that there is to say of it. What happens is added to a child of a metric that is
 * kept; what is shown is read when somebody looks.
 */
import type { MetricValue, Registry } from 'prom-client';
import {
  type Aggregator,
  type Count,
  counters,
  type Family,
  gauge,
  type Histogram,
  histograms,
  total,
} from './metric.ts';

interface Row {
  readonly help: string;
}

interface CounterRow extends Row {
  readonly counter: string;
  readonly labels: readonly string[];
}

interface HistogramRow extends Row {
  readonly histogram: string;
  readonly labels: readonly string[];
  /** Ascending, in the unit that the name ends with. */
  readonly bounds: readonly number[];
}

export type MetricTable = Readonly<Record<string, CounterRow | HistogramRow>>;

/** The families of a table, under the names of its rows. */
export type Families<T extends MetricTable> = {
  readonly [Name in keyof T]: Family<T[Name] extends HistogramRow ? Histogram : Count>;
};

/** Registers each row; its children are found by the values of its labels, in their order. */
export const keep = <T extends MetricTable>(registry: Registry, table: T): Families<T> =>
  Object.fromEntries(
    Object.entries(table).map(([name, row]) => [
      name,
      'histogram' in row
        ? histograms(registry, { name: row.histogram, help: row.help }, row.bounds, row.labels)
        : counters(registry, { name: row.counter, help: row.help }, row.labels),
    ]),
  ) as Families<T>;

/** A figure that something of type W has; of many, those with the same labels become one. */
export type Shown<W> = Row &
  ({ readonly gauge: string; readonly how?: Aggregator } | { readonly total: string }) & {
    readonly read: (of: W) => readonly MetricValue<string>[];
  };

/** Registers each row. The returned function begins to show something, and returns what ends that. */
export const show = <W>(registry: Registry, table: readonly Shown<W>[]): ((of: W) => () => void) => {
  const watched = new Set<W>();
  for (const row of table) {
    const { help, read } = row;
    const values = (): readonly MetricValue<string>[] => [...watched].flatMap(read);
    if ('gauge' in row) gauge(registry, { name: row.gauge, help }, values, row.how);
    else total(registry, { name: row.total, help }, values);
  }
  return (one) => {
    watched.add(one);
    return () => watched.delete(one);
  };
};
