/** How right deployments were, window by window, as it was last reckoned: rows of the store that change as labels come. */
import type { Sql } from '../../store/sql.ts';
import type { TimeSpan } from '../alerts/finding.ts';
import type { KeptPerformance } from './performance.ts';

/** One window as the store has it. */
export interface StoredPerformance {
  readonly window: TimeSpan;
  /** When it was reckoned: labels of it have last come before that. ISO 8601, UTC; so is the next. */
  readonly at: string;
  /** When alarms were raised of it, or not. */
  readonly judgedAt: string | undefined;
  readonly performance: KeptPerformance;
}

export interface Performances {
  /** Takes down how right a window was; that it is judged stays. @throws MillraceError STORE_FAILED */
  put(deployment: string, window: TimeSpan, performance: KeptPerformance, now: Date): Promise<void>;
  /** Those that end after `since`, the first one first. @throws MillraceError STORE_FAILED */
  list(deployment: string, since: Date): Promise<readonly StoredPerformance[]>;
}

/** How long windows are kept, in milliseconds: two years, as profiles are. */
const KEPT_MS = 2 * 365 * 86_400_000;

/** Performances of a store that others close. */
export const openPerformances = ({ db }: Sql): Performances => ({
  async put(deployment, window, performance, now) {
    const at = now.toISOString();
    const oldest = new Date(now.getTime() - KEPT_MS).toISOString();
    const row = { window_from: window.from, at, performance: JSON.stringify(performance) };
    await db
      .insertInto('performances')
      .values({ deployment, window_to: window.to, judged_at: null, ...row })
      .onConflict((conflict) => conflict.columns(['deployment', 'window_to']).doUpdateSet(row))
      .execute();
    await db.deleteFrom('performances').where('deployment', '=', deployment).where('window_to', '<', oldest).execute();
  },
  async list(deployment, since) {
    const rows = await db
      .selectFrom('performances')
      .selectAll()
      .where('deployment', '=', deployment)
      .where('window_to', '>', since.toISOString())
      .orderBy('window_to')
      .execute();
    return rows.map(({ window_from, window_to, at, judged_at, performance }) => ({
      window: { from: window_from, to: window_to },
      at,
      judgedAt: judged_at ?? undefined,
      performance: JSON.parse(performance),
    }));
  },
});
