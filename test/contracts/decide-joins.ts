import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Decision } from '../../src/modes/decide/decision.ts';
import { dryRun } from '../../src/modes/decide/dry-run.ts';
import { type DecideWorld, readAll, receiver, secret, until } from './decide-world.ts';

export const decideJoins = ({ using, ride, fare }: DecideWorld): void => {
  it('joins parts of all topics by key, and makes one decision of each key', () =>
    using({}, async ({ send, run, decisions, letters }) => {
      const keys = Array.from({ length: 300 }, (_, i) => `k${i}`);
      await send('ride', ...keys.map((key) => ride(key)));
      await run();
      await send('fare', ...keys.map((key, i) => fare(key, i % 20)));
      await send('fare', ...keys.map((key, i) => fare(key, i % 20)));
      await until('all are decided', async () => (await decisions()).length >= keys.length);
      await send('fare', ...keys.map((key) => fare(key, 99)));
      await sleep(300);
      const made = await decisions();
      assert.equal(made.length, keys.length);
      assert.equal(new Set(made.map(({ id }) => id)).size, keys.length);
      for (const { data } of made) {
        const dollars = Number(String(data.key).slice(1)) % 20;
        assert.deepEqual(
          [data.decision, data.because, data.missing, data.with],
          [dollars > 10 ? 'dear' : 'fine', 'complete', ['tip'], dollars > 10 ? { over: dollars - 10 } : undefined],
        );
      }
      assert.equal((await letters()).length, 0);
    }));

  it('joins keys that are no text as bytes, tells their decisions under them, and each once, at the deadline too', () =>
    using({}, async ({ broker, settings, deployment, sendRaw, run, decisions, letters }) => {
      const target = await receiver(() => 204);
      try {
        const { ride: topic, ...others } = settings.from;
        const bare = (topic as { readonly topic: string }).topic;
        await run({
          from: { ...others, ride: { topic: bare, when: 'key.hex() != "00000000000000ff"' } },
          within: '1s',
          rules: [{ name: 'both', if: 'fare.prediction.fare == ride.limit', with: { key: 'key' } }],
          webhook: { url: target.url, secret },
        });
        const longs = [128, 129, 200, 1].map((n) => Buffer.from([0, 0, 0, 0, 0, 0, 0, n]));
        const value = (data: unknown) => Buffer.from(JSON.stringify(data));
        for (const key of longs) {
          await sendRaw('ride', { key, value: value({ limit: key[7] }) });
          // The fare of 200 never comes.
          if (key[7] !== 200) await sendRaw('fare', { key, value: value({ prediction: { fare: key[7] } }) });
        }
        await sendRaw('ride', { key: Buffer.from([0, 0, 0, 0, 0, 0, 0, 255]), value: value({ limit: 1 }) });
        await until('all are decided', async () => (await decisions()).length >= longs.length);
        const keyed = longs.map((key) => ({ base64: key.toString('base64') }));
        const byKey = (one: { readonly key: unknown }) => JSON.stringify(one.key);
        const made = (await decisions()).map(({ data }) => data);
        assert.deepEqual(made.map(byKey).toSorted(), keyed.map((key) => JSON.stringify(key)).toSorted());
        for (const { key, decision, with: carried } of made) {
          const whole = byKey({ key }) !== byKey({ key: keyed[2] });
          assert.deepEqual([decision, carried], whole ? ['both', { key }] : ['fine', undefined]);
        }
        const published = await readAll(broker, deployment.decisions);
        assert.deepEqual(
          published.map(({ key }) => Buffer.from(key ?? []).toString('hex')).toSorted(),
          longs.map((key) => key.toString('hex')).toSorted(),
        );
        await until('all are told', () => target.calls.length >= longs.length);
        assert.deepEqual(target.calls.map(({ body }) => byKey(body.data)).toSorted(), made.map(byKey).toSorted());
        assert.deepEqual(await letters(), []);
      } finally {
        target.close();
      }
    }));

  it('decides at the deadline on what has come', () =>
    using({ within: '500ms' }, async ({ send, run, decisions }) => {
      await run();
      await send('fare', fare('a', 50));
      await until('it is decided', async () => (await decisions()).length > 0);
      const [{ data }] = await decisions();
      assert.deepEqual([data.decision, data.because, data.missing], ['fine', 'deadline', ['ride', 'tip']]);
      await send('ride', ride('a'));
      await send('ride', ride('b'));
      await until('the next is decided', async () => (await decisions()).length > 1);
      assert.deepEqual(
        (await decisions()).map((one) => one.data.key),
        ['a', 'b'],
      );
    }));

  it('drops a key at the deadline where it is told to', () =>
    using({ within: '300ms', late: 'drop' }, async ({ send, run, decisions }) => {
      const decide = await run();
      await send('fare', fare('a', 50));
      await until('it waits', () => decide.waiting() === 1);
      await until('it waits no more', () => decide.waiting() === 0);
      await send('ride', ride('a'), ride('b'));
      await send('fare', fare('b', 1));
      await until('the other is decided', async () => (await decisions()).length > 0);
      assert.deepEqual(
        (await decisions()).map(({ data }) => data.key),
        ['b'],
      );
    }));

  it('does not take a backlog for parts that never came, however short its patience', () =>
    using({ within: '1ms' }, async ({ send, run, decisions }) => {
      const keys = Array.from({ length: 20_000 }, (_, i) => `k${i}`);
      await send('ride', ...keys.map((key) => ride(key)));
      await send('fare', ...keys.toReversed().map((key) => fare(key, 11)));
      await run();
      await until('all are decided', async () => (await decisions()).length >= keys.length);
      const made = await decisions();
      assert.deepEqual([...new Set(made.map(({ data }) => data.because))], ['complete']);
      assert.equal(made.length, keys.length);
    }));

  it('says the same in a dry run, and leaves no trace', () =>
    using({ within: '400ms' }, async ({ broker, deployment, send, sendRaw, run, decisions }) => {
      const decide = await run();
      await send('ride', ride('a'), ride('b'), ride('c', 99));
      await send('fare', fare('a', 12), fare('c', 12));
      await sendRaw('fare', { value: Buffer.from('{') });
      await until('all are decided', async () => (await decisions()).length === 3);
      await send('fare', fare('b', 1));
      await until('the late one is read', async () =>
        (await broker.positions(deployment.groups.collect, deployment.topics)).every(
          ({ start: first, committed, end }) => (committed ?? first) === end,
        ),
      );
      await decide.stop();
      const topics = await broker.topics();
      const dry = dryRun(broker, deployment, { now: Date.now() });
      const made: Decision[] = [];
      for await (const { decision } of dry.decisions) made.push(decision);
      const byKey = (list: readonly Decision[]) => list.toSorted((x, y) => (x.key < y.key ? -1 : 1));
      assert.deepEqual(byKey(made), byKey((await decisions()).map(({ data }) => data)));
      const { events, late, waiting, dead } = dry.totals;
      assert.deepEqual([events, late, waiting, [...dead.keys()]], [7, 1, 0, ['BAD_JSON']]);
      assert.deepEqual(await broker.topics(), topics);
      assert.equal((await decisions()).length, 3);
    }));
};
