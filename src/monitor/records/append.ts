/** Writing predictions down: many rows a statement, and each statement compiled once. */
import type { CompiledQuery } from 'kysely';
import type { Sql } from '../../store/sql.ts';
import type { Prediction, Records } from './records.ts';
import { createServedIds, isSame } from './served.ts';

/** Rows of the largest insert, a power of two: enough that it costs little, few enough for every database's limit of parameters. */
const MOST_ROWS = 64;

/** The values of some predictions, one row after the other, in the order of an insert's columns. */
const valuesOf = (
  predictions: readonly Prediction[],
  served: readonly number[],
  start: number,
  end: number,
): readonly unknown[] => {
  const values: unknown[] = [];
  for (let row = start; row < end; row++) {
    const { id, at, input, coerced, output = null, error = null, ms } = predictions[row];
    values.push(id, at, served[row], input, coerced ? 1 : 0, output, error, ms);
  }
  return values;
};

/** Inserts of so many rows, each compiled once: the text of one depends on nothing else. */
const createInserts = ({ db, kind }: Sql) => {
  const inserts = new Map<number, CompiledQuery>();
  const nothing = { id: '', at: '', served: 0, input: '', coerced: 0, output: null, error: null, ms: 0 };
  const compile = (rows: number): CompiledQuery => {
    const query = db.insertInto('recorded').values(new Array<typeof nothing>(rows).fill(nothing));
    // An insert that fails ends the transaction, and need not undo itself: SQLite else copies each page that it changes first.
    const one = kind === 'sqlite' ? query.orFail() : query;
    return one.onConflict((conflict) => conflict.column('id').doNothing()).compile();
  };
  return (rows: number): CompiledQuery => {
    const compiled = inserts.get(rows) ?? compile(rows);
    inserts.set(rows, compiled);
    return compiled;
  };
};

export const createAppend = (sql: Sql): Records['append'] => {
  const insertOf = createInserts(sql);
  const servedId = createServedIds(sql.db);
  const servedOf = async (predictions: readonly Prediction[]): Promise<readonly number[]> => {
    const served: number[] = [];
    for (const [row, one] of predictions.entries()) {
      served.push(row > 0 && isSame(one, predictions[row - 1]) ? served[row - 1] : await servedId(one));
    }
    return served;
  };
  return async (predictions) => {
    if (predictions.length === 0) return;
    const served = await servedOf(predictions);
    await sql.db.transaction().execute(async (trx) => {
      // Few different statements, whatever there is to write: as many rows as can be, then half of that, and so on.
      let rows = MOST_ROWS;
      for (let start = 0; start < predictions.length; start += rows) {
        while (rows > predictions.length - start) rows /= 2;
        const parameters = valuesOf(predictions, served, start, start + rows);
        await trx.executeQuery({ ...insertOf(rows), parameters });
      }
    });
  };
};
