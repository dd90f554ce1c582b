/** Alerts as they lie in the store. */
import { fail } from '../../core/errors.ts';
import type { Sql } from '../../store/sql.ts';
import type { AlertRow } from '../../store/tables.ts';
import type { Alert } from './alert.ts';
import type { Alerts } from './alerts.ts';

const MOST_ALERTS = 100;

export const alertOf = ({ alert }: Pick<AlertRow, 'alert'>): Alert => JSON.parse(alert);

export const rowOfAlert = (alert: Alert): AlertRow => {
  const { id, fingerprint, deployment, status, started_at } = alert;
  return { id, fingerprint, deployment, status, started_at, alert: JSON.stringify(alert) };
};

const notFiring = (id: string) =>
  fail('NOT_FOUND', `No alert ${id} fires: it was resolved, or never was.`, {
    expected: 'the id or the fingerprint of an alert that fires',
    got: id.slice(0, 80),
  });

export const storedAlerts = ({ db }: Sql): Pick<Alerts, 'list' | 'watch' | 'judged' | 'acknowledge'> => ({
  async list({ deployment, all = false, most = MOST_ALERTS } = {}) {
    let query = db.selectFrom('alerts').select('alert').orderBy('started_at', 'desc').orderBy('id').limit(most);
    if (deployment !== undefined) query = query.where('deployment', '=', deployment);
    if (!all) query = query.where('status', '=', 'firing');
    return (await query.execute()).map(alertOf);
  },
  async watch(deployment) {
    const query = db.selectFrom('watches').selectAll().where('deployment', '=', deployment);
    const row = await query.executeTakeFirst();
    return row && { judgedUntil: row.judged_until, memory: row.memory ?? undefined };
  },
  async judged(deployment, since) {
    const rows = await db
      .selectFrom('judged')
      .selectAll()
      .where('deployment', '=', deployment)
      .where('window_to', '>', since.toISOString())
      .orderBy('window_to')
      .execute();
    return rows.map(({ window_from: from, window_to: to, judged }) => ({
      deployment,
      window: { from, to },
      ...JSON.parse(judged),
    }));
  },
  acknowledge: (id, acknowledged) =>
    db.transaction().execute(async (trx) => {
      const row = await trx
        .selectFrom('alerts')
        .select('alert')
        .where('status', '=', 'firing')
        .where((where) => where.or([where('id', '=', id), where('fingerprint', '=', id)]))
        .executeTakeFirst();
      if (row === undefined) throw notFiring(id);
      const alert = { ...alertOf(row), acknowledged };
      await trx.updateTable('alerts').set(rowOfAlert(alert)).where('id', '=', alert.id).execute();
      return alert;
    }),
});
