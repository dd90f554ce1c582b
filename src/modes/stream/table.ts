import type { TensorData } from '../../core/types.ts';
import { keyName } from '../../events/key.ts';
import { answerColumn, answerColumns } from '../../files/scoring.ts';
import type { Sink, SinkShape } from '../../sinks/sink.ts';
import type { Made, PredictionSink } from './prediction-sink.ts';
import { createSlots } from './slots.ts';

const own = ['deployment', 'event_id', 'event_key', 'model', 'version', 'digest', 'run_id', 'scored_at'];

/** As a batch run writes its answers, so that one table may hold both; a row is known by its deployment and event. */
const shapeOf = (deployment: string, { manifest, digest }: Made['maker']): SinkShape => ({
  columns: [
    { name: 'deployment', type: 'VARCHAR', constant: deployment },
    { name: 'event_id', type: 'VARCHAR' },
    { name: 'event_key', type: 'VARCHAR' },
    ...answerColumns(manifest.outputs, own).map(({ name, type }) => ({ name, type })),
    { name: 'model', type: 'VARCHAR', constant: manifest.name },
    { name: 'version', type: 'VARCHAR', constant: manifest.version },
    { name: 'digest', type: 'VARCHAR', constant: digest },
    { name: 'run_id', type: 'VARCHAR', constant: `stream ${deployment}` },
    { name: 'scored_at', type: 'TIMESTAMP WITH TIME ZONE' },
  ],
  key: ['deployment', 'event_id'],
});

const cell = (value: unknown): unknown => (value instanceof Date ? value.getTime() : value);

/** Writes predictions to a table, one row for each event: written again, it takes the place of the first. */
export const tablePredictions = (sink: Sink, deployment: string): PredictionSink => {
  // Partitions share one connection, and take turns.
  const turns = createSlots(1);
  return {
    write: (predictions, { maker, time }) => {
      // A sender may have sent one event twice; one statement must not write one row twice.
      const rows = [...new Map(predictions.map((one) => [one.id, one])).values()];
      const { outputs } = maker.manifest;
      const values = (field: string): readonly unknown[] =>
        rows.map(({ prediction }) => {
          const value = prediction[field];
          return ArrayBuffer.isView(value)
            ? (answerColumn(outputs[field], value as TensorData, 1) as readonly unknown[])[0]
            : cell(value);
        });
      const at = Date.parse(time);
      const columns = {
        event_id: rows.map(({ id }) => id),
        event_key: rows.map(({ key }) => key && keyName(key)),
        ...Object.fromEntries(answerColumns(outputs, own).map(({ field, name }) => [name, values(field)])),
        scored_at: rows.map(() => at),
      };
      return turns.run(async () => sink.upsert?.(shapeOf(deployment, maker), { rows: rows.length, columns }));
    },
    close: () => sink.close(),
  };
};
