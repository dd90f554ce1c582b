/** Records: what is kept of each prediction, and the truth that somebody told of it later. */
import type { CompiledQuery, SelectQueryBuilder } from 'kysely';
import { fail, type Problem, show } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import type { Sql } from '../store/sql.ts';
import type { RecordedRow, ServedRow, Tables } from '../store/tables.ts';
import { exactJson } from '../text/exact-json.ts';

export interface Prediction {
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** The deployment that answered, or the reference that was served. */
  readonly deployment: string;
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  /** Which variant of what the deployment's reference means answered: `stable`. */
  readonly variant: string;
  /** One row, and its answer, as exact JSON. */
  readonly input: string;
  /** Numbers, booleans and dates were read from texts too. */
  readonly coerced: boolean;
  /** Exactly one of the two is there. */
  readonly output?: string | undefined;
  readonly error?: string | undefined;
  /** Milliseconds of the call. */
  readonly ms: number;
}

export interface Label {
  readonly at: string;
  /** Fields of the output as exact JSON. */
  readonly truth: string;
}

/** A prediction that was found again, with the last label that it was given. */
export interface Kept extends Prediction {
  readonly label?: Label | undefined;
}

/** How long and how many predictions are kept. */
export interface Retention {
  readonly before?: Date | undefined;
  readonly most?: number | undefined;
}

export interface Records {
  /** Keeps predictions; one whose id is there already is left as it is. @throws MillraceError STORE_FAILED */
  append(predictions: readonly Prediction[]): Promise<void>;
  /** Row 0 of a call of one row is found by the call's id too, and the other way round. */
  find(id: string): Promise<Kept | undefined>;
  /**
   * Keeps what the prediction should have been: some fields of its output, each with a value of the output's type.
   *
   * @throws MillraceError NOT_FOUND when there is no such record; BAD_REQUEST when the truth does not fit its output.
   */
  label(id: string, truth: unknown, at: Date): Promise<Kept>;
  /** Removes a part of what need not be kept, the oldest first, and returns how many; 0 when all is done. */
  prune(retention: Retention): Promise<number>;
  close(): Promise<void>;
}

/** Rows an insert: enough that the statement costs little, few enough for every database's limit of parameters. */
const CHUNK_ROWS = 50;
/** Predictions removed at a time, so that nobody waits long for the database. */
const PRUNE_ROWS = 2000;

type NewRow = Omit<RecordedRow, 'seq'>;
type Served = Omit<ServedRow, 'id'>;

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

const isSame = (a: Served, b: Served): boolean =>
  a.digest === b.digest &&
  a.deployment === b.deployment &&
  a.model === b.model &&
  a.version === b.version &&
  a.variant === b.variant;

/** The other name of a call's only row. */
const alias = (id: string): string => (id.endsWith('.0') ? id.slice(0, -2) : `${id}.0`);

const typeName = (value: unknown): string => (Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value);

/** The truth, held against the output that it is the truth of. @throws MillraceError BAD_REQUEST */
const checkTruth = (truth: unknown, { id, output, error }: Prediction): string => {
  if (output === undefined) {
    const { code } = JSON.parse(error ?? '{}') as Partial<Problem>;
    throw fail('BAD_REQUEST', `${id} was refused (${code}), so it has no output to be right or wrong.`, {
      expected: 'a prediction with an output',
      got: 'a refused row',
    });
  }
  const given = JSON.parse(output) as Readonly<Record<string, unknown>>;
  const known = Object.keys(given);
  const expected = `an object with some of ${known.join(', ')}`;
  if (typeName(truth) !== 'object' || Object.keys(truth as object).length === 0) {
    const got = show(truth);
    throw fail('BAD_REQUEST', `The truth must be ${expected}, such as {"${known[0]}": …}, got ${got}.`, {
      expected,
      got,
    });
  }
  for (const [field, value] of Object.entries(truth as object)) {
    if (!Object.hasOwn(given, field)) {
      const meant = nearest(field, known);
      const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
      throw fail('BAD_REQUEST', `${field} is not a field of the output.${hint}`, { field, expected, got: field });
    }
    const [wanted, got] = [typeName(given[field]), typeName(value)];
    if (wanted === got || wanted === 'null' || got === 'null') continue;
    throw fail('BAD_REQUEST', `${field}: the output is a ${wanted}, the truth a ${got}.`, {
      field,
      expected: wanted,
      got,
    });
  }
  return exactJson(truth);
};

/** Opens the records of a store, which is closed with them. */
export const openRecords = ({ db, close }: Sql): Records => {
  /** Inserts by how many rows they have, each compiled once: its text depends on nothing else. */
  const inserts = new Map<number, CompiledQuery>();
  const insert = (rows: readonly NewRow[]): CompiledQuery => {
    let compiled = inserts.get(rows.length);
    if (compiled === undefined) {
      const query = db.insertInto('recorded').values(rows);
      compiled = query.onConflict((conflict) => conflict.column('id').doNothing()).compile();
      inserts.set(rows.length, compiled);
    }
    return { ...compiled, parameters: rows.flatMap((row) => Object.values(row)) };
  };

  /** What served predictions so far, as the database knows it. */
  const known: (Served & { readonly id: number })[] = [];
  const servedId = async (one: Prediction): Promise<number> => {
    const before = known.find((served) => isSame(served, one));
    if (before !== undefined) return before.id;
    const { deployment, model, version, digest, variant } = one;
    const served = { deployment, model, version, digest, variant };
    const add = db.insertInto('served').values(served);
    await add.onConflict((conflict) => conflict.doNothing()).execute();
    const query = db
      .selectFrom('served')
      .select('id')
      .where((where) => where.and(served));
    const { id } = await query.executeTakeFirstOrThrow();
    known.push({ ...served, id });
    return id;
  };
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

  /** Removes predictions, and their truths with them. */
  const remove = (chosen: SelectQueryBuilder<Tables, 'recorded', { readonly seq: number }>): Promise<number> =>
    db.transaction().execute(async (trx) => {
      const gone = await trx.deleteFrom('recorded').where('seq', 'in', chosen).returning('id').execute();
      const ids = gone.map(({ id }) => id);
      if (ids.length > 0) await trx.deleteFrom('labels').where('id', 'in', ids).execute();
      return ids.length;
    });

  const find = async (id: string): Promise<Kept | undefined> => {
    const found = await db
      .selectFrom('predictions')
      .selectAll()
      .where('id', 'in', [id, alias(id)])
      .orderBy('seq')
      .executeTakeFirst();
    if (found === undefined) return undefined;
    const label = await db
      .selectFrom('labels')
      .select(['at', 'truth'])
      .where('id', '=', found.id)
      .orderBy('seq', 'desc')
      .limit(1)
      .executeTakeFirst();
    const { seq: _, coerced, output, error, ...rest } = found;
    return {
      ...rest,
      coerced: coerced !== 0,
      output: output ?? undefined,
      error: error ?? undefined,
      ...(label && { label }),
    };
  };

  return {
    find,
    async append(predictions) {
      if (predictions.length === 0) return;
      const rows = await rowsOf(predictions);
      await db.transaction().execute(async (trx) => {
        for (let at = 0; at < rows.length; at += CHUNK_ROWS) {
          await trx.executeQuery(insert(rows.slice(at, at + CHUNK_ROWS)));
        }
      });
    },
    async label(id, truth, at) {
      const found = await find(id);
      if (found === undefined) {
        throw fail(
          'NOT_FOUND',
          `There is no record of ${id}: it was not sampled, is not kept any more, or never was.`,
          {
            expected: 'the id of a recorded prediction',
            got: id.slice(0, 80),
          },
        );
      }
      const label = { at: at.toISOString(), truth: checkTruth(truth, found) };
      await db
        .insertInto('labels')
        .values({ id: found.id, ...label })
        .execute();
      return { ...found, label };
    },
    async prune({ before, most }) {
      const oldest = db.selectFrom('recorded').select('seq').limit(PRUNE_ROWS);
      let removed = 0;
      // Each by its own index: asked for both at once, databases look at every prediction there is. Clocks may be wrong, so
      // what is old by its time need not be what was written first.
      if (before !== undefined) {
        removed += await remove(oldest.where('at', '<', before.toISOString()).orderBy('at'));
      }
      if (most !== undefined) {
        const { last } = await db
          .selectFrom('recorded')
          .select(({ fn }) => fn.max('seq').as('last'))
          .executeTakeFirstOrThrow();
        removed += await remove(oldest.where('seq', '<=', Number(last ?? 0) - most).orderBy('seq'));
      }
      return removed;
    },
    close,
  };
};
