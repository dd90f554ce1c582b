import assert from 'node:assert/strict';
import { after, describe, it, type TestContext } from 'node:test';
import { fail } from '../../../src/core/errors.ts';
import { openAlerts } from '../../../src/monitor/alerts/open.ts';
import { openSql } from '../../../src/store/sql.ts';
import { stores } from '../../contracts/stores.ts';
import { DAY_MS, dayOf, failing, slower, windowOf } from './samples.ts';

const toAll = { channelsOf: () => ['mail', 'pager'] };
const problem = fail('ALERT_FAILED', 'no').problem;

for (const store of stores()) {
  describe(`alerts in ${store.name}`, () => {
    after(() => store.remove());
    const open = async (t: TestContext) => {
      const { url } = await store.empty();
      const another = async () => {
        const sql = await openSql(url);
        t.after(() => sql.close());
        return openAlerts(sql);
      };
      return { alerts: await another(), another };
    };

    it('are listed while they fire, and with those that were resolved', async (t) => {
      const { alerts } = await open(t);
      await alerts.step(windowOf(1, [slower, failing]), toAll, dayOf(1));
      await alerts.step(windowOf(2, [failing]), toAll, dayOf(2));
      await alerts.step(windowOf(3, [failing]), toAll, dayOf(3));
      await alerts.step(windowOf(1, [slower], { deployment: 'other' }), toAll, dayOf(3));
      const told = async (query?: Parameters<typeof alerts.list>[0]) =>
        (await alerts.list(query))
          .map(({ deployment, concern, status }) => `${deployment} ${concern} ${status}`)
          .toSorted();
      assert.deepEqual(await told({ deployment: 'rides' }), ['rides slo firing']);
      assert.deepEqual(await told(), ['other drift firing', 'rides slo firing']);
      assert.deepEqual(await told({ deployment: 'rides', all: true }), ['rides drift resolved', 'rides slo firing']);
      assert.equal((await alerts.list({ all: true, most: 1 }))[0].deployment, 'other');
    });

    it('of a window are taken down once, whoever judges it, and none of a window before it', async (t) => {
      const { alerts, another } = await open(t);
      const others = await Promise.all([another(), another(), another()]);
      const told = await Promise.all(
        [alerts, ...others].map((one) => one.step(windowOf(1, [slower]), toAll, dayOf(1))),
      );
      assert.equal(told.filter((one) => one !== undefined).length, 1);
      assert.equal((await alerts.take(['mail', 'pager'], 10, dayOf(1))).length, 2);
      assert.equal(await alerts.step(windowOf(0, [failing]), toAll, dayOf(1)), undefined);
      assert.deepEqual(
        (await alerts.list()).map(({ concern }) => concern),
        ['drift'],
      );
    });

    it('leave with each window what the next is judged with, and what was found', async (t) => {
      const { alerts } = await open(t);
      assert.equal(await alerts.watch('rides'), undefined);
      const seen = { fields: 3 };
      await alerts.step(windowOf(1, [slower], { memory: 'a', seen }), toAll, dayOf(1));
      await alerts.step(windowOf(2, [], { memory: 'b' }), toAll, dayOf(2));
      assert.deepEqual(await alerts.watch('rides'), { judgedUntil: dayOf(2).toISOString(), memory: 'b' });
      const [first, ...rest] = await alerts.judged('rides', dayOf(0));
      assert.deepEqual([first.window, first.findings, first.seen], [windowOf(1, []).window, [slower], seen]);
      assert.equal(rest.length, 1);
      assert.equal((await alerts.judged('rides', dayOf(1))).length, 1);
    });

    it('keep what was judged, and what arrived, for half a year', async (t) => {
      const { alerts } = await open(t);
      await alerts.step(windowOf(1, [slower]), toAll, dayOf(1));
      for (const { message, channel } of await alerts.take(['mail', 'pager'], 10, dayOf(1))) {
        await alerts.missed(message.id, channel, problem, undefined);
      }
      await alerts.step(windowOf(181, [slower]), { channelsOf: () => [] }, dayOf(181));
      assert.deepEqual([(await alerts.judged('rides', dayOf(0))).length, (await alerts.dead(10)).length], [2, 2]);
      await alerts.step(windowOf(182, [slower]), { channelsOf: () => [] }, dayOf(182));
      assert.deepEqual([(await alerts.judged('rides', dayOf(0))).length, (await alerts.dead(10)).length], [2, 0]);
      assert.equal((await alerts.list()).length, 1);
    });

    it('are acknowledged by id or fingerprint while they fire', async (t) => {
      const { alerts } = await open(t);
      await alerts.step(windowOf(1, [slower]), toAll, dayOf(1));
      const [{ id, fingerprint }] = await alerts.list();
      const by = { by: 'ada', at: dayOf(1).toISOString(), why: 'snow' };
      assert.deepEqual((await alerts.acknowledge(fingerprint, by)).acknowledged, by);
      assert.deepEqual((await alerts.list())[0].acknowledged, by);
      assert.deepEqual((await alerts.acknowledge(id, { ...by, by: 'bob' })).acknowledged?.by, 'bob');
      await assert.rejects(alerts.acknowledge('nobody', by), { code: 'NOT_FOUND' });
    });

    it('leave messages, each for its channels, which one process takes and others do after a minute', async (t) => {
      const { alerts, another } = await open(t);
      const toPager = {
        channelsOf: ({ severity }: { readonly severity: string }) =>
          severity === 'critical' ? ['mail', 'pager'] : ['mail'],
      };
      await alerts.step(windowOf(1, [slower, failing]), toPager, dayOf(1));
      const other = await another();
      const taken = await Promise.all([
        alerts.take(['mail', 'pager'], 10, dayOf(1)),
        other.take(['mail', 'pager'], 10, dayOf(1)),
      ]);
      const shown = taken
        .flat()
        .map(({ channel, message }) => `${channel}: ${message.alerts.map(({ concern }) => concern).join(' ')}`);
      assert.deepEqual(shown.toSorted(), ['mail: drift slo', 'pager: slo']);
      const later = new Date(dayOf(1).getTime() + 60_000);
      assert.equal((await alerts.take(['mail'], 10, later)).length, 1);
      assert.equal((await alerts.take(['mail'], 10, later)).length, 0);
    });

    it('leave a message until it has arrived, or is set aside with its problem', async (t) => {
      const { alerts } = await open(t);
      await alerts.step(windowOf(1, [slower]), toAll, dayOf(1));
      const [one, two] = await alerts.take(['mail', 'pager'], 10, dayOf(1));
      await alerts.arrived(one.message.id, one.channel, dayOf(1));
      const again = new Date(dayOf(1).getTime() + 5000);
      await alerts.missed(two.message.id, two.channel, problem, again);
      assert.deepEqual(
        (await alerts.take(['mail', 'pager'], 10, again)).map(({ channel, tries }) => [channel, tries]),
        [[two.channel, 1]],
      );
      await alerts.missed(two.message.id, two.channel, problem, undefined);
      assert.deepEqual(await alerts.take(['mail', 'pager'], 10, new Date(dayOf(1).getTime() + DAY_MS)), []);
      const dead = await alerts.dead(10);
      assert.deepEqual(
        dead.map(({ channel, tries, problem: { code } }) => [channel, tries, code]),
        [[two.channel, 2, 'ALERT_FAILED']],
      );
    });
  });
}
