/** Writing predictions down: many rows a statement, and each statement compiled once. */
import type { CompiledQuery, Kysely } from 'kysely';
import type { RecordedRow, Tables } from '../../store/tables.ts';
import type { Prediction, Records } from './records.ts';
import { createServedIds, isSame } from './served.ts';

type NewRow = Omit<RecordedRow, 'seq'>;

/** Rows an insert: enough that the statement costs little, few enough for every database's limit of parameters. */
const CHUNK_ROWS = 50;

/** Its columns in one order, as a compiled insert wants its parameters. */
const rowOf = (prediction: Prediction, served: number): NewRow => ({
  id: prediction.id,
  at: prediction.at,
  served,
  input: prediction.input,
  coerced: Number(prediction.coerced),
  output: prediction.output ?? null,
  error: prediction.error ?? null,
  ms: prediction.ms,
});

/** Inserts by how many rows they have: the text of one depends on nothing else. */
const createInserts = (db: Kysely<Tables>) => {
  const inserts = new Map<number, CompiledQuery>();
  return (rows: readonly NewRow[]): CompiledQuery => {
    let compiled = inserts.get(rows.length);
    if (compiled === undefined) {
      const query = db.insertInto('recorded').values(rows);
      compiled = query.onConflict((conflict) => conflict.column('id').doNothing()).compile();
      inserts.set(rows.length, compiled);
    }
    return { ...compiled, parameters: rows.flatMap((row) => Object.values(row)) };
  };
};

export const createAppend = (db: Kysely<Tables>): Records['append'] => {
  const insertOf = createInserts(db);
  const servedId = createServedIds(db);
  const rowsOf = async (predictions: readonly Prediction[]): Promise<readonly NewRow[]> => {
    const rows: NewRow[] = [];
    let [last] = predictions;
    let served = await servedId(last);
    for (const one of predictions) {
      if (!isSame(one, last)) served = await servedId(one);
      rows.push(rowOf(one, served));
      last = one;
    }
    return rows;
  };
  return async (predictions) => {
    if (predictions.length === 0) return;
    const rows = await rowsOf(predictions);
    await db.transaction().execute(async (trx) => {
      for (let at = 0; at < rows.length; at += CHUNK_ROWS) {
        await trx.executeQuery(insertOf(rows.slice(at, at + CHUNK_ROWS)));
      }
    });
  };
};
