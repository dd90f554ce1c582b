/** Messages that wait in the store for their channels: what is left there arrives at least once, whatever happens to processes. */
import type { Sql } from '../../store/sql.ts';
import type { Alerts } from './alerts.ts';

/** For how long who has taken a message is left alone with it, in milliseconds. */
const TAKEN_MS = 60_000;

const waitingMessages = ({ db }: Sql): Pick<Alerts, 'take' | 'hold' | 'arrived' | 'missed'> => ({
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
  async hold(id, channel, now) {
    await db
      .updateTable('alert_messages')
      .set({ due_at: new Date(now.getTime() + TAKEN_MS).toISOString() })
      .where('id', '=', id)
      .where('channel', '=', channel)
      .where('due_at', 'is not', null)
      .execute();
  },
  async arrived(id, channel, now, outcome) {
    await db
      .updateTable('alert_messages')
      .set({
        due_at: null,
        arrived_at: now.toISOString(),
        outcome: outcome === undefined ? null : JSON.stringify(outcome),
      })
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
});

const messagesLeft = ({ db }: Sql): Pick<Alerts, 'left' | 'dead'> => ({
  async left(channels, most) {
    if (channels.length === 0) return [];
    const rows = await db
      .selectFrom('alert_messages')
      .select(['channel', 'message', 'tries', 'arrived_at', 'outcome', 'problem'])
      .where('channel', 'in', channels)
      .orderBy('at', 'desc')
      .limit(most)
      .execute();
    return rows.map(({ channel, message, tries, arrived_at, outcome, problem }) => ({
      channel,
      message: JSON.parse(message),
      tries,
      arrivedAt: arrived_at ?? undefined,
      outcome: outcome === null ? undefined : JSON.parse(outcome),
      problem: problem === null ? undefined : JSON.parse(problem),
    }));
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

export const openOutbox = (sql: Sql): ReturnType<typeof waitingMessages> & ReturnType<typeof messagesLeft> => ({
  ...waitingMessages(sql),
  ...messagesLeft(sql),
});
