/** How far scheduled queries of labels have read: any number of processes may ask, and one of them reads. */
import type { Problem } from '../../core/errors.ts';
import type { Sql } from '../../store/sql.ts';

export interface LabelFeeds {
  /**
   * Takes a query that is due, which others leave alone for two minutes; undefined where it is not due, or another has it.
   *
   * @param everyMs 0: it is due now
   */
  take(deployment: string, everyMs: number, now: Date): Promise<{ readonly readTo: Date | undefined } | undefined>;
  /** Keeps it from others for another two minutes. */
  hold(deployment: string, now: Date): Promise<void>;
  /** All that changed before `readTo` is told. */
  done(deployment: string, readTo: Date, now: Date): Promise<void>;
  /** It is tried again when it is next due. */
  failed(deployment: string, problem: Problem, now: Date): Promise<void>;
}

const TAKEN_MS = 120_000;
const FREE = '';

const takenUntil = (now: Date): string => new Date(now.getTime() + TAKEN_MS).toISOString();

/** Feeds of a store that others close. */
export const openFeeds = ({ db }: Sql): LabelFeeds => ({
  async take(deployment, everyMs, now) {
    await db
      .insertInto('label_feeds')
      .values({ deployment, read_to: null, taken_until: FREE, at: null, problem: null })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const { read_to, taken_until, at } = await db
      .selectFrom('label_feeds')
      .selectAll()
      .where('deployment', '=', deployment)
      .executeTakeFirstOrThrow();
    const isTaken = taken_until > now.toISOString();
    const isEarly = at !== null && Date.parse(at) + everyMs > now.getTime();
    if (isTaken || (everyMs > 0 && isEarly)) return undefined;
    const { numUpdatedRows } = await db
      .updateTable('label_feeds')
      .set({ taken_until: takenUntil(now) })
      .where('deployment', '=', deployment)
      .where('taken_until', '=', taken_until)
      .executeTakeFirst();
    return numUpdatedRows === 0n ? undefined : { readTo: read_to === null ? undefined : new Date(read_to) };
  },
  async hold(deployment, now) {
    const taken_until = takenUntil(now);
    await db.updateTable('label_feeds').set({ taken_until }).where('deployment', '=', deployment).execute();
  },
  async done(deployment, readTo, now) {
    await db
      .updateTable('label_feeds')
      .set({ read_to: readTo.toISOString(), taken_until: FREE, at: now.toISOString(), problem: null })
      .where('deployment', '=', deployment)
      .execute();
  },
  async failed(deployment, problem, now) {
    await db
      .updateTable('label_feeds')
      .set({ taken_until: FREE, at: now.toISOString(), problem: JSON.stringify(problem) })
      .where('deployment', '=', deployment)
      .execute();
  },
});
