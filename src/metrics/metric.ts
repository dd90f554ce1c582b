/**
 * Counters, gauges and histograms whose hot side is a field to add to: a label lookup for every request would cost more
 * than the rest of its accounting. prom-client registers and prints them.
 */
import type { MetricObject, MetricValue, Registry } from 'prom-client';

type Labels = Readonly<Record<string, string>>;

interface Described {
  readonly name: string;
  readonly help: string;
}

/** How the values of several processes become one. */
export type Aggregator = 'sum' | 'min' | 'max';

/** What prom-client needs of a metric. */
const register = (
  registry: Registry,
  { name, help }: Described,
  type: 'counter' | 'gauge' | 'histogram',
  values: () => MetricValue<string>[],
  aggregator: Aggregator = 'sum',
): void => {
  const get = async (): Promise<MetricObject & { values: MetricValue<string>[] }> =>
    ({ name, help, type, values: values(), aggregator }) as unknown as MetricObject & {
      values: MetricValue<string>[];
    };
  registry.registerMetric({ name, get } as never);
};

/** Children by their label values; keep the child, and add to it. */
export interface Family<Child> {
  child(...values: readonly string[]): Child;
}

const family = <Child>(names: readonly string[], make: (labels: Labels) => Child) => {
  const children = new Map<string, Child>();
  return {
    children,
    child(...values: readonly string[]): Child {
      const key = values.join('\u0000');
      let child = children.get(key);
      if (child === undefined) {
        // A label that is empty is one that is not there.
        child = make(Object.fromEntries(names.flatMap((name, at) => (values[at] === '' ? [] : [[name, values[at]]]))));
        children.set(key, child);
      }
      return child;
    },
  };
};

export interface Count {
  readonly labels: Labels;
  value: number;
}

export const counters = (registry: Registry, described: Described, names: readonly string[] = []): Family<Count> => {
  const { children, child } = family<Count>(names, (labels) => ({ labels, value: 0 }));
  register(registry, described, 'counter', () => [...children.values()]);
  return { child };
};

const combine: Readonly<Record<Aggregator, (a: number, b: number) => number>> = {
  sum: (a, b) => a + b,
  min: Math.min,
  max: Math.max,
};

/** Values whose labels are the same become one, as those of several processes do: nobody reads them twice. */
const merged = (values: readonly MetricValue<string>[], how: Aggregator): MetricValue<string>[] => {
  const byLabels = Map.groupBy(values, ({ labels }) => JSON.stringify(labels));
  return [...byLabels.values()].map((same) => {
    const value = same.map((one) => one.value).reduce((sum, one) => combine[how](sum, one));
    return { ...same[0], value };
  });
};

/** A gauge that is read when somebody looks. */
export const gauge = (
  registry: Registry,
  described: Described,
  read: () => readonly MetricValue<string>[],
  aggregator: Aggregator = 'sum',
): void => register(registry, described, 'gauge', () => merged(read(), aggregator), aggregator);

/** Counters that are kept elsewhere, and read when somebody looks. */
export const total = (registry: Registry, described: Described, read: () => readonly MetricValue<string>[]): void =>
  register(registry, described, 'counter', () => merged(read(), 'sum'));

export interface Histogram {
  observe(value: number): void;
}

/** `bounds` in ascending order; what is above the last one counts for +Inf alone. */
export const histograms = (
  registry: Registry,
  described: Described,
  bounds: readonly number[],
  names: readonly string[] = [],
): Family<Histogram> => {
  const { children, child } = family(names, (labels) => {
    const counts = new Float64Array(bounds.length + 1);
    const total = { sum: 0 };
    return {
      labels,
      counts,
      total,
      observe(value: number) {
        let at = 0;
        while (at < bounds.length && value > bounds[at]) at++;
        counts[at]++;
        total.sum += value;
      },
    };
  });
  const { name } = described;
  register(registry, described, 'histogram', () =>
    [...children.values()].flatMap(({ labels, counts, total }) => {
      let seen = 0;
      const buckets = [...counts].map((count, at) => {
        seen += count;
        const le = at < bounds.length ? bounds[at] : '+Inf';
        return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: seen };
      });
      return [
        ...buckets,
        { metricName: `${name}_sum`, labels, value: total.sum },
        { metricName: `${name}_count`, labels, value: seen },
      ] as MetricValue<string>[];
    }),
  );
  return { child };
};
