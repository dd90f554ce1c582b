/** Profiles that grow old: minutes become hours, and hours days, until they are removed. Merged, they tell the same of all their rows. */
import type { Sql } from '../../store/sql.ts';
import { type Counted, readCounted, together, writeCounted } from './counted.ts';
import type { ProfileSpan } from './profiles.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How old a span is before it is a part of a longer one. */
const STEPS: readonly {
  readonly from: ProfileSpan;
  readonly to: ProfileSpan;
  readonly ms: number;
  readonly keptMs: number;
}[] = [
  { from: 'minute', to: 'hour', ms: HOUR_MS, keptMs: 6 * HOUR_MS },
  { from: 'hour', to: 'day', ms: DAY_MS, keptMs: 60 * DAY_MS },
];
/** How long days are kept. */
const KEPT_MS = 730 * DAY_MS;
/** Rows that are merged in one transaction. */
const MOST_ROWS = 200;

/** What one package answered in the longer span. */
interface Sum extends Counted {
  readonly served: number;
  readonly at: string;
}

const startOf = (at: number, ms: number): string => new Date(at - (at % ms)).toISOString();

type Step = (typeof STEPS)[number];

/** Merges some of those that are old; true when there may be more. A row is taken by one process only: who deletes it has it. */
const mergeOld = ({ db }: Sql, { from, to, ms, keptMs }: Step, now: number): Promise<boolean> =>
  db.transaction().execute(async (trx) => {
    const old = trx
      .selectFrom('profiles')
      .select('seq')
      .where('span', '=', from)
      .where('at', '<', startOf(now - keptMs, ms))
      .orderBy('at')
      .limit(MOST_ROWS);
    const taken = await trx.deleteFrom('profiles').where('seq', 'in', old).returningAll().execute();
    const sums = new Map<string, Sum>();
    for (const { served, at: began, ...stored } of taken) {
      const at = startOf(Date.parse(began), ms);
      const key = `${served} ${at}`;
      const [before, own] = [sums.get(key), { served, at, ...readCounted(stored) }];
      sums.set(key, before === undefined ? own : together(before, own));
    }
    const rows = [...sums.values()].map((sum) => ({
      served: sum.served,
      span: to,
      at: sum.at,
      ...writeCounted(sum),
    }));
    if (rows.length > 0) await trx.insertInto('profiles').values(rows).execute();
    return taken.length === MOST_ROWS;
  });

export const ageProfiles = async (sql: Sql, now: Date): Promise<boolean> => {
  const ms = now.getTime();
  let isMore = false;
  for (const step of STEPS) isMore = (await mergeOld(sql, step, ms)) || isMore;
  const oldest = startOf(ms - KEPT_MS, DAY_MS);
  await sql.db.deleteFrom('profiles').where('span', '=', 'day').where('at', '<', oldest).execute();
  return isMore;
};
