import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { header } from '../../src/brokers/broker.ts';
import { replayDeadLetters } from '../../src/events/dead-letters.ts';
import { startConsumer } from './consumer.ts';
import { type DecideWorld, processes, receiver, secret, until } from './decide-world.ts';

/** `millrace decide run` in a process of its own. */
const startReplica = (folder: string, home: string) =>
  startConsumer(['decide', 'run'], { folder, env: { MILLRACE_HOME: join(folder, home) }, running: processes });

export const decideTells = ({ using, ride, fare, graveOf }: DecideWorld): void => {
  it('calls a webhook that is down or slow until it is taken, and never decides later for it', async () => {
    let down = true;
    const target = await receiver(async () => {
      if (down) return 503;
      await sleep(50);
      return 204;
    });
    try {
      await using({ webhook: { url: target.url, secret, tries: 100 } }, async ({ send, run, decisions }) => {
        const keys = Array.from({ length: 60 }, (_, i) => `k${i}`);
        await run();
        await send('ride', ...keys.map((key) => ride(key)));
        await send('fare', ...keys.map((key) => fare(key, 12)));
        await until('all are decided', async () => (await decisions()).length === keys.length);
        await until('the first have been called in vain', () => target.calls.length > 0);
        const ids = (await decisions()).map(({ id }) => id).toSorted();
        const before = target.calls.length;
        down = false;
        const taken = (): Set<string> => new Set(target.calls.slice(before).map(({ id }) => id));
        await until('all are told', () => taken().size === keys.length);
        assert.deepEqual([...taken()].toSorted(), ids);
        const told = new Map(target.calls.map(({ id, body }) => [id, body.data]));
        assert.deepEqual(
          (await decisions()).map(({ id, data }) => [id, data]),
          (await decisions()).map(({ id }) => [id, told.get(id)]),
        );
      });
    } finally {
      target.close();
    }
  });

  it('buries a call that is refused, goes on with the next, and calls again when told to', async () => {
    let refuses = true;
    const target = await receiver((_, calls) => (refuses && calls <= 2 ? 422 : 200));
    try {
      const webhook = { url: target.url, secret };
      await using({ webhook }, async ({ broker, deployment, send, run, decisions, letters }) => {
        await run();
        const keys = ['a', 'b', 'c', 'd'];
        for (const key of keys) {
          await send('ride', ride(key));
          await send('fare', fare(key, 12));
        }
        await until('two are buried', async () => (await letters()).length === 2);
        await until('all were called', () => target.calls.length === keys.length);
        for (const letter of await letters()) {
          assert.equal(header(letter, 'millrace-code'), 'WEBHOOK_FAILED');
          assert.match(header(letter, 'millrace-reason') ?? '', /answered 422, which is final/);
        }
        refuses = false;
        await replayDeadLetters(broker, graveOf(deployment), new AbortController().signal);
        await until('they were called again', () => target.calls.length === keys.length + 2);
        assert.equal(new Set(target.calls.map(({ id }) => id)).size, keys.length);
        assert.equal((await decisions()).length, keys.length);
      });
    } finally {
      target.close();
    }
  });

  it('two replicas killed again and again: one decision of each key, the right one, and each of them told', async () => {
    const target = await receiver(() => 200);
    const count = 6000;
    try {
      const webhook = { url: target.url, secret, tries: 100 };
      await using({ webhook, within: '1h' }, async ({ address, folder, settings, deployment, send, decisions }) => {
        writeFileSync(
          join(folder, 'millrace.yaml'),
          JSON.stringify({ stream: address, deployments: { [deployment.name]: settings } }),
        );
        let sent = false;
        const sending = (async () => {
          // Small portions, so that there is always something under way.
          const portion = 10;
          for (let n = 0; n < count; n += portion) {
            const keys = Array.from({ length: portion }, (_, i) => n + i);
            await send('ride', ...keys.map((key) => ride(`k${key}`)));
            await send('fare', ...keys.map((key) => fare(`k${key}`, key % 20)));
            await sleep(15);
          }
          sent = true;
        })();
        // One home for both on the embedded log, which is for one machine; as two machines would have it elsewhere.
        const homes = address.startsWith('embedded') ? ['home', 'home'] : ['home-1', 'home-2'];
        const replica = async (home: string): Promise<void> => {
          for (let kills = 0; !sent || kills < 8; kills++) {
            const process = startReplica(folder, home);
            await process.reading;
            await sleep(200 + Math.random() * 1300);
            assert.equal(await process.end('SIGKILL'), null, process.said());
          }
        };
        await Promise.all([...homes.map(replica), sending]);
        const last = startReplica(folder, homes[0]);
        await last.reading;
        await until('all are decided', async () => (await decisions()).length >= count);
        const told = (): Set<string> => new Set(target.calls.map(({ id }) => id));
        await until('all are told', () => told().size >= count);
        assert.equal(await last.end('SIGTERM'), 0, last.said());

        const made = await decisions();
        assert.equal(new Set(made.map(({ data }) => data.key)).size, count, 'keys without a decision');
        assert.equal(made.length, count, 'keys with more than one decision');
        for (const { data } of made) {
          const dollars = Number(String(data.key).slice(1)) % 20;
          assert.deepEqual([data.decision, data.because], [dollars > 10 ? 'dear' : 'fine', 'complete']);
        }
        assert.deepEqual([...told()].toSorted(), made.map(({ id }) => id).toSorted());
      });
    } finally {
      target.close();
    }
  });
};
