/** Alerts in Millrace's store. */
import { randomUUID } from 'node:crypto';
import type { Transaction } from 'kysely';
import type { Sql } from '../../store/sql.ts';
import type { Tables } from '../../store/tables.ts';
import type { AlertMessage, ToldAlert } from './alert.ts';
import type { Alerts, Hearers } from './alerts.ts';
import type { JudgedWindow } from './finding.ts';
import { openOutbox } from './outbox.ts';
import { stepAlerts } from './step.ts';
import { alertOf, rowOfAlert, storedAlerts } from './stored.ts';

/** How long windows that were judged, and messages that arrived or were set aside, are kept; in milliseconds. */
const KEPT_MS = 180 * 86_400_000;

/**
 * Takes down what was found; false when this window, or a later one, was judged before. Others that judge windows of this
 * deployment wait until this is over.
 */
const takeDown = async (trx: Transaction<Tables>, judged: JudgedWindow, at: string): Promise<boolean> => {
  const { deployment, series, window, memory = null, ...found } = judged;
  const { from: window_from, to: window_to } = window;
  const state = { judged_until: window_to, memory };
  const { numInsertedOrUpdatedRows = 0n } = await trx
    .insertInto('watches')
    .values({ deployment: series ?? deployment, ...state })
    .onConflict((conflict) =>
      conflict.column('deployment').doUpdateSet(state).where('watches.judged_until', '<', window_to),
    )
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows === 0n) return false;
  if (series !== undefined) return true;
  const row = { deployment, window_from, window_to, at, judged: JSON.stringify(found) };
  await trx.insertInto('judged').values(row).execute();
  const oldest = new Date(Date.parse(at) - KEPT_MS).toISOString();
  await trx.deleteFrom('judged').where('deployment', '=', deployment).where('at', '<', oldest).execute();
  await trx.deleteFrom('alert_messages').where('due_at', 'is', null).where('at', '<', oldest).execute();
  return true;
};

/** Takes down that the performance of windows was judged; false when others did so before. What was seen stands with the last one. */
const takeDownPerformance = async (trx: Transaction<Tables>, judged: JudgedWindow, at: string): Promise<boolean> => {
  const { deployment, window, seen } = judged;
  const own = trx.updateTable('performances').where('deployment', '=', deployment).where('judged_at', 'is', null);
  const { numUpdatedRows } = await own
    .set({ judged_at: at, performance: JSON.stringify(seen) })
    .where('window_to', '=', window.to)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return false;
  await own.set({ judged_at: at }).where('window_from', '>=', window.from).where('window_to', '<', window.to).execute();
  return true;
};

/** Whether a channel was left a message within its rest. */
const isResting = async (trx: Transaction<Tables>, channel: string, at: string, restMs: number): Promise<boolean> => {
  if (restMs === 0) return false;
  const since = new Date(Date.parse(at) - restMs).toISOString();
  const query = trx.selectFrom('alert_messages').select('id').where('channel', '=', channel).where('at', '>', since);
  return (await query.executeTakeFirst()) !== undefined;
};

const leaveMessages = async (
  trx: Transaction<Tables>,
  deployment: string,
  told: readonly ToldAlert[],
  { channelsOf, restMsOf = () => 0 }: Hearers,
  at: string,
): Promise<void> => {
  const alertsOf = Map.groupBy(
    told.flatMap((alert) => channelsOf(alert).map((channel) => ({ channel, alert }))),
    ({ channel }) => channel,
  );
  for (const [channel, some] of alertsOf) {
    if (await isResting(trx, channel, at, restMsOf(channel))) continue;
    const alerts = some.map(({ alert }) => alert);
    const message: AlertMessage = { id: randomUUID(), deployment, at, alerts };
    await trx
      .insertInto('alert_messages')
      .values({
        id: message.id,
        channel,
        at,
        message: JSON.stringify(message),
        tries: 0,
        due_at: at,
        arrived_at: null,
        problem: null,
        outcome: null,
      })
      .execute();
  }
};

const openStep =
  ({ db }: Sql, takeDownHere: typeof takeDown): Alerts['step'] =>
  (judged, hearers, now) =>
    db.transaction().execute(async (trx) => {
      const at = now.toISOString();
      if (!(await takeDownHere(trx, judged, at))) return undefined;
      const rows = await trx
        .selectFrom('alerts')
        .select('alert')
        .where('deployment', '=', judged.deployment)
        .where('status', '=', 'firing')
        .execute();
      const { changed, told } = stepAlerts(rows.map(alertOf), judged, now);
      for (const alert of changed) {
        const { id: _, ...row } = rowOfAlert(alert);
        await trx
          .insertInto('alerts')
          .values({ id: alert.id, ...row })
          .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
          .execute();
      }
      await leaveMessages(trx, judged.deployment, told, hearers, at);
      return told;
    });

/** The alerts of a store that others close. */
export const openAlerts = (sql: Sql): Alerts => ({
  step: openStep(sql, takeDown),
  stepPerformance: openStep(sql, takeDownPerformance),
  ...storedAlerts(sql),
  ...openOutbox(sql),
});
