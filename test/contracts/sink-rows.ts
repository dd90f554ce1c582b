/** Rows that the suites of sinks write, and the run that writes them. */
import type { Rows } from '../../src/files/table.ts';
import type { SinkRunInfo, SinkShape } from '../../src/sinks/sink.ts';

export const shape: SinkShape = {
  columns: [
    { name: 'ride_id', type: 'VARCHAR' },
    { name: 'pickup', type: 'TIMESTAMP WITH TIME ZONE' },
    { name: 'minutes', type: 'DOUBLE' },
    { name: 'label', type: 'VARCHAR' },
    { name: 'is_long', type: 'BOOLEAN' },
    { name: 'stops', type: 'BIGINT' },
    { name: 'scores', type: 'FLOAT[]' },
    { name: 'run_id', type: 'VARCHAR' },
    { name: 'model', type: 'VARCHAR', constant: "rider's fare" },
  ],
  key: ['ride_id'],
};

export const runInfo = (id: string, scope = 'all'): SinkRunInfo => ({
  id,
  deployment: 'fares-nightly',
  scope,
  model: 'ride-fare',
  version: '1.0.0',
  digest: `sha256:${'0'.repeat(64)}`,
});

export interface Answer {
  readonly ride_id: string;
  readonly pickup: number;
  readonly minutes: number;
  readonly label: string | null;
  readonly is_long: boolean;
  readonly stops: number;
  readonly scores: readonly number[];
  readonly run_id: string;
  readonly model: string;
}

export const answers = (run: string, from: number, to: number): readonly Answer[] =>
  Array.from({ length: to - from }, (_, index) => {
    const number = from + index;
    return {
      ride_id: `ride-${String(number).padStart(6, '0')}`,
      pickup: Date.UTC(2026, 10, 1) + number * 1000,
      minutes: number / 3,
      label: number % 5 === 0 ? null : `Länge "${number % 3}"\n, 'kurz'`,
      is_long: number % 2 === 0,
      stops: number * 10,
      scores: [number, number + 0.5],
      run_id: run,
      model: "rider's fare",
    };
  });

export const rowsOf = (list: readonly Answer[]): Rows => ({
  rows: list.length,
  columns: {
    ride_id: list.map((row) => row.ride_id),
    // As scorers answer them: numbers in typed columns, booleans as 0 and 1, instants as ms.
    pickup: Float64Array.from(list, (row) => row.pickup),
    minutes: Float64Array.from(list, (row) => row.minutes),
    label: list.map((row) => row.label),
    is_long: Float64Array.from(list, (row) => Number(row.is_long)),
    stops: Float64Array.from(list, (row) => row.stops),
    scores: list.map((row) => row.scores),
    run_id: list.map((row) => row.run_id),
  },
});
