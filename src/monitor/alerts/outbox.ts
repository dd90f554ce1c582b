/** Messages that wait in the store for their channels: what is left there arrives at least once, whatever happens to processes. */
import type { Sql } from '../../store/sql.ts';
import type { Alerts } from './alerts.ts';

/** For how long who has taken a message is left alone with it, in milliseconds. */
const TAKEN_MS = 60_000;

export const openOutbox = ({ db }: Sql): Pick<Alerts, 'take' | 'arrived' | 'missed' | 'dead'> => ({
  async take(channels, most, now) {
    if (channels.length === 0) return [];
    const at = now.toISOString();
    const until = new Date(now.getTime() + TAKEN_MS).toISOString();
    const due = await db
      .selectFrom('alert_messages')
      .select(['id', 'channel', 'message', 'tries', 'due_at'])
      .where('channel', 'in', channels)
      .where('due_at', '<=', at)
      .orderBy('due_at')
      .limit(most)
      .execute();
    const taken = [];
    for (const { id, channel, message, tries, due_at } of due) {
      const { numUpdatedRows } = await db
        .updateTable('alert_messages')
        .set({ due_at: until })
        .where('id', '=', id)
        .where('channel', '=', channel)
        .where('due_at', '=', due_at)
        .executeTakeFirst();
      if (numUpdatedRows > 0n) taken.push({ channel, message: JSON.parse(message), tries });
    }
    return taken;
  },
  async arrived(id, channel, now) {
    await db
      .updateTable('alert_messages')
      .set({ due_at: null, arrived_at: now.toISOString() })
      .where('id', '=', id)
      .where('channel', '=', channel)
      .execute();
  },
  async missed(id, channel, problem, again) {
    await db
      .updateTable('alert_messages')
      .set((update) => ({
        tries: update('tries', '+', 1),
        due_at: again === undefined ? null : again.toISOString(),
        problem: JSON.stringify(problem),
      }))
      .where('id', '=', id)
      .where('channel', '=', channel)
      .execute();
  },
  async dead(most) {
    const rows = await db
      .selectFrom('alert_messages')
      .select(['channel', 'message', 'tries', 'problem'])
      .where('due_at', 'is', null)
      .where('arrived_at', 'is', null)
      .orderBy('at', 'desc')
      .limit(most)
      .execute();
    return rows.map(({ channel, message, tries, problem }) => ({
      channel,
      message: JSON.parse(message),
      tries,
      problem: JSON.parse(problem ?? '{}'),
    }));
  },
});
