import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DeliveryOptions, deliverDue } from '../../src/channels/delivery.ts';
import { fail } from '../../src/core/errors.ts';
import type { AlertMessage } from '../../src/monitor/alerts/alert.ts';
import { openAlerts } from '../../src/monitor/alerts/open.ts';
import { openSql } from '../../src/store/sql.ts';
import { sqliteStore } from '../contracts/stores.ts';
import { DAY_MS, dayOf, slower, windowOf } from '../monitor/alerts/samples.ts';
import { receiveCalls } from './receiver.ts';

const store = sqliteStore();
const open = async (t: TestContext) => {
  const { url } = await store.empty();
  const sql = await openSql(url);
  t.after(() => sql.close());
  return { url, alerts: openAlerts(sql) };
};
const { signal } = new AbortController();

describe('messages', () => {
  after(() => store.remove());

  it('are tried again, later and later, until they arrive, or for a day', async (t) => {
    const { alerts } = await open(t);
    await alerts.step(windowOf(1, [slower]), { channelsOf: () => ['good', 'away'] }, dayOf(1));
    let at = dayOf(1).getTime();
    const tries: number[] = [];
    const told: (string | undefined)[] = [];
    const good: AlertMessage[] = [];
    const options: DeliveryOptions = {
      alerts,
      now: () => new Date(at),
      onMissed: (channel, { code }, again) => told.push(again === undefined ? `${channel} ${code}` : undefined),
      channels: new Map([
        ['good', { place: 'here', send: async (message: AlertMessage) => void good.push(message) }],
        [
          'away',
          {
            place: 'nowhere',
            send: async () => {
              tries.push(at);
              throw fail('ALERT_FAILED', 'away');
            },
          },
        ],
      ]),
    };
    assert.deepEqual(await deliverDue(options, signal), { arrived: 1, missed: 1 });
    for (; at < dayOf(1).getTime() + 2 * DAY_MS; at += 60_000) await deliverDue(options, signal);
    const waits = tries.slice(1).map((one, i) => one - tries[i]);
    assert.equal(good.length, 1);
    assert.ok(Math.max(...waits) <= 16 * 60_000 && waits[0] <= 60_000, `${waits}`);
    assert.ok(tries[tries.length - 1] - tries[0] <= DAY_MS + 16 * 60_000);
    assert.equal(told.at(-1), 'away ALERT_FAILED');
    assert.equal(told.filter((one) => one !== undefined).length, 1);
    assert.equal((await alerts.dead(10))[0].channel, 'away');
  });

  it('all arrive, whenever the processes that bring them are killed', async (t) => {
    const { url, alerts } = await open(t);
    const { url: receiver, calls } = await receiveCalls(t, () => 200);
    for (let n = 1; n <= 60; n++) {
      await alerts.step(
        windowOf(1, [slower], { deployment: `rides-${n}` }),
        { channelsOf: () => ['hook'] },
        new Date(),
      );
    }
    const arrived = () => new Set(calls.map(({ headers }) => headers['webhook-id']));
    const start = (hours: number) =>
      spawn(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'delivery-worker.ts'), url, receiver],
        { env: { ...process.env, HOURS: `${hours}` }, stdio: ['ignore', 'inherit', 'inherit'] },
      );
    for (let round = 0; arrived().size < 60; round++) {
      const before = arrived().size;
      const child = start(round);
      while (arrived().size < Math.min(60, before + 13)) await sleep(2);
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    assert.equal(arrived().size, 60);
  });
});
