import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { type Broker, header, type NewEvent, type StreamEvent } from '../../src/brokers/broker.ts';
import { openBroker } from '../../src/brokers/index.ts';
import { replayDeadLetters } from '../../src/events/dead-letters.ts';
import { startDecide } from '../../src/modes/decide/decide.ts';
import type { Decision } from '../../src/modes/decide/decision.ts';
import { type DecideDeployment, prepareDecide } from '../../src/modes/decide/deployment.ts';
import { dryRun } from '../../src/modes/decide/dry-run.ts';
import { openMemories } from '../../src/modes/decide/memory.ts';
import { createDecideMetrics } from '../../src/modes/decide/metrics.ts';
import type { DecideSettings } from '../../src/project/deployments/decide.ts';

const millrace = join(import.meta.dirname, '..', '..', 'bin', 'millrace.js');
const secret = `whsec_${randomBytes(32).toString('base64')}`;

/** Waits for what must come; a test that waits in vain says for what. Most of the time goes to those who are waited for. */
const until = async (what: string, come: () => boolean | Promise<boolean>, patience = 60_000): Promise<void> => {
  const deadline = performance.now() + patience;
  for (;;) {
    const began = performance.now();
    if (await come()) return;
    if (performance.now() > deadline) assert.fail(`waited in vain until ${what}`);
    await sleep(25 + 4 * (performance.now() - began));
  }
};

const readAll = async (broker: Broker, topic: string): Promise<StreamEvent[]> => {
  const events: StreamEvent[] = [];
  for await (const batch of broker.read(topic, { from: 'earliest', untilEnd: true })) events.push(...batch.events);
  return events;
};

const saidBy = ({ value }: StreamEvent) => JSON.parse(Buffer.from(value ?? []).toString());

interface Told {
  readonly id: string;
  readonly data: Decision;
}

/** Somebody who is called. `answer` says with which status, and may take its time. */
const receiver = async (answer: (id: string, calls: number) => number | Promise<number>) => {
  const calls: { readonly id: string; readonly body: { readonly data: Decision } }[] = [];
  const server = createServer(async (request, response) => {
    const id = String(request.headers['webhook-id']);
    calls.push({ id, body: (await json(request)) as { readonly data: Decision } });
    response.writeHead(await answer(id, calls.length)).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/decisions`,
    calls,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

const processes = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of processes) child.kill('SIGKILL');
});

/** `millrace decide run` in a process of its own. */
const startReplica = (folder: string, home: string) => {
  const child = spawn(process.execPath, [millrace, 'decide', 'run'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, MILLRACE_HOME: join(folder, home) },
  });
  processes.add(child);
  let said = '';
  const reading = Promise.withResolvers<void>();
  child.stderr.on('data', (data) => {
    said += String(data);
    if (said.includes('Ctrl-C stops it')) reading.resolve();
  });
  const ended = new Promise<number | null>((resolve) => {
    child.on('exit', (code) => {
      processes.delete(child);
      reading.resolve();
      resolve(code);
    });
  });
  return {
    reading: reading.promise,
    said: () => said,
    end: (signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> => {
      child.kill(signal);
      return ended;
    },
  };
};

/** What a decide deployment promises, on a broker that is really there. */
export const decideContract = (name: string, start: () => Promise<{ readonly address: string }>): void => {
  describe(`decisions on ${name}`, { timeout: 280_000 }, () => {
    interface Running {
      readonly waiting: () => number;
      /** May be called twice. */
      stop(): Promise<void>;
    }
    interface World {
      readonly broker: Broker;
      readonly address: string;
      readonly folder: string;
      readonly settings: DecideSettings;
      readonly deployment: DecideDeployment;
      /** Sends parts: by name, the key and the data. */
      send(part: string, ...events: readonly (readonly [key: string, data: unknown])[]): Promise<void>;
      sendRaw(part: string, event: Omit<NewEvent, 'topic'>): Promise<void>;
      /** Puts a deployment to work in this process. */
      run(more?: Partial<DecideSettings>, home?: string): Promise<Running>;
      decisions(): Promise<readonly Told[]>;
      letters(): Promise<readonly StreamEvent[]>;
    }

    /** A deployment of its own topics: rides and fares that are waited for, tips that are not. */
    const using = async (more: Partial<DecideSettings>, test: (world: World) => Promise<void>): Promise<void> => {
      const { address } = await start();
      const folder = mkdtempSync(join(tmpdir(), 'millrace-decide-'));
      const mark = folder.slice(-6).toLowerCase();
      const topic = (part: string): string => `${part}-${mark}`;
      const offers = `offers-${mark}`;
      const settings: DecideSettings = {
        mode: 'decide',
        from: {
          ride: { topic: topic('rides'), key: 'ride_id' },
          fare: topic('fares'),
          tip: { topic: topic('tips'), optional: true },
        },
        within: '30s',
        rules: [
          {
            name: 'dear',
            if: 'fare.prediction.fare > ride.limit',
            with: { over: 'fare.prediction.fare - ride.limit' },
          },
        ],
        otherwise: 'fine',
        to: topic('decisions'),
        ...more,
      };
      const deployment = prepareDecide(offers, settings);
      const broker = await openBroker(address, { home: folder, folder });
      const decides: (() => Promise<void>)[] = [];
      const topicOf = (part: string): string => topic(`${part}s`);
      try {
        for (const one of [...deployment.topics, deployment.decisions])
          await broker.ensureTopic(one, { partitions: 3 });
        await test({
          broker,
          address,
          folder,
          settings,
          deployment,
          send: (part, ...events) =>
            broker.produce(
              events.map(([key, data]) => ({
                topic: topicOf(part),
                key: Buffer.from(key),
                value: Buffer.from(JSON.stringify(data)),
              })),
            ),
          sendRaw: (part, event) => broker.produce([{ topic: topicOf(part), ...event }]),
          run: async (changed = {}, home = 'decisions.db') => {
            const memories = await openMemories(join(folder, home));
            const decide = await startDecide({
              deployment: prepareDecide(offers, { ...settings, ...changed }),
              broker,
              memories,
              metrics: createDecideMetrics(new Registry()),
            });
            const stop = async (): Promise<void> => {
              await decide.stop();
              memories.close();
            };
            let stopped: Promise<void> | undefined;
            const running: Running = {
              waiting: () => decide.waiting,
              stop: () => {
                stopped ??= stop();
                return stopped;
              },
            };
            decides.push(running.stop);
            return running;
          },
          decisions: async () => (await readAll(broker, deployment.decisions)).map(saidBy),
          letters: async () => readAll(broker, deployment.deadLetters),
        });
      } finally {
        for (const child of processes) child.kill('SIGKILL');
        await Promise.all(decides.map((stop) => stop()));
        await broker.close();
        rmSync(folder, { recursive: true, force: true });
      }
    };

    const ride = (key: string, limit = 10) => [key, { ride_id: key, limit }] as const;
    const fare = (key: string, dollars: number) =>
      [key, { key, model: 'fare', version: '1.0.0', digest: 'sha256:1', prediction: { fare: dollars } }] as const;
    const graveOf = ({ deadLetters, replay, groups }: DecideDeployment) => ({
      deadLetters,
      replay,
      group: groups.collect,
    });

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

    it('buries what cannot be read, reads on, and takes it back', () =>
      using({}, async ({ broker, deployment, send, sendRaw, run, decisions, letters }) => {
        await sendRaw('fare', { key: Buffer.from('a'), value: Buffer.from('{"prediction": {') });
        await sendRaw('fare', { key: null, value: Buffer.from('{"prediction": {"fare": 1}}') });
        await sendRaw('ride', { key: Buffer.from('a'), value: Buffer.from('{"no": "ride_id"}') });
        await sendRaw('ride', { key: Buffer.from('a'), value: Buffer.alloc(900_001, 0x20) });
        await send('ride', ride('a'));
        await send('fare', fare('a', 12));
        await run();
        await until('it is decided', async () => (await decisions()).length === 1);
        await until('the others are buried', async () => (await letters()).length === 4);
        assert.deepEqual((await letters()).map((letter) => header(letter, 'millrace-code')).toSorted(), [
          'BAD_EVENT',
          'BAD_EVENT',
          'BAD_JSON',
          'TOO_LARGE',
        ]);
        assert.equal(await replayDeadLetters(broker, graveOf(deployment), new AbortController().signal), 4);
        await until('they are buried again', async () => (await letters()).length === 8);
        const [first] = (await letters()).filter((letter) => header(letter, 'millrace-code') === 'BAD_JSON');
        const again = (await letters()).findLast((letter) => header(letter, 'millrace-code') === 'BAD_JSON');
        assert.deepEqual(again && [again.value, ...again.headers], first && [first.value, ...first.headers]);
      }));

    it('passes over tombstones where it is told to', () =>
      using({ tombstones: 'skip' }, async ({ send, sendRaw, run, decisions, letters }) => {
        await sendRaw('ride', { key: Buffer.from('a'), value: null });
        await send('ride', ride('a'));
        await send('fare', fare('a', 12));
        await sendRaw('fare', { key: Buffer.from('a'), value: null });
        await run();
        await until('it is decided', async () => (await decisions()).length === 1);
        assert.deepEqual(await letters(), []);
      }));

    it('decides a key whose condition failed once its rule is mended', () =>
      using({}, async ({ broker, deployment, send, run, decisions, letters }) => {
        const broken = await run();
        await send('ride', ['a', { ride_id: 'a', limit: 'ten' }], ride('b'));
        await send('fare', fare('a', 12), fare('b', 12));
        await until('the one is buried', async () => (await letters()).length === 1);
        await until('the other is decided', async () => (await decisions()).length === 1);
        const [letter] = await letters();
        assert.equal(header(letter, 'millrace-code'), 'CONDITION_FAILED');
        assert.equal(Buffer.from(letter.key ?? []).toString(), 'a');
        await broken.stop();
        await run({ rules: [{ name: 'odd', if: 'ride.limit == "ten"' }] });
        await replayDeadLetters(broker, graveOf(deployment), new AbortController().signal);
        await until('it is decided', async () => (await decisions()).length === 2);
        assert.deepEqual((await decisions()).map(({ data }) => [data.key, data.decision]).toSorted(), [
          ['a', 'odd'],
          ['b', 'dear'],
        ]);
      }));

    it('forgets nothing when its memory is lost or behind', () =>
      using({ within: '1h' }, async ({ folder, send, run, decisions }) => {
        const file = (name: string): string => join(folder, name);
        const first = await run();
        await send('ride', ride('a'), ride('b'), ride('c'));
        await send('fare', fare('a', 12));
        await until('one is decided', async () => (await decisions()).length === 1);
        await until('two wait', () => first.waiting() === 2);
        await first.stop();
        cpSync(file('decisions.db'), file('behind.db'));

        const lost = await run({}, 'new.db');
        await send('fare', fare('a', 99), fare('b', 12));
        await until('the next is decided', async () => (await decisions()).length === 2);
        await until('one waits', () => lost.waiting() === 1);
        await lost.stop();

        const behind = await run({}, 'behind.db');
        await send('fare', fare('a', 99), fare('b', 99), fare('c', 12));
        await until('the last is decided', async () => (await decisions()).length === 3);
        await until('none waits', () => behind.waiting() === 0);
        await behind.stop();
        assert.deepEqual((await decisions()).map(({ data }) => [data.key, data.with]).toSorted(), [
          ['a', { over: 2 }],
          ['b', { over: 2 }],
          ['c', { over: 2 }],
        ]);
      }));

    it('believes no memory of another log', () =>
      using({}, async ({ folder, deployment, send, run, decisions }) => {
        await (await run()).stop();
        await send('ride', ride('a'), ride('b'), ride('c'), ride('d'));
        await send('fare', fare('a', 12));
        const first = await run();
        await until('one is decided', async () => (await decisions()).length === 1);
        await first.stop();

        // One whose last record lies past the end, and one that remembers another record at its place.
        for (const [home, last] of [
          ['past.db', 1_000_000],
          ['other.db', 0],
        ] as const) {
          const memories = await openMemories(join(folder, home));
          for (const partition of [0, 1, 2]) {
            await memories.of(deployment.inbox, partition).change({
              before: undefined,
              after: { next: last + 1, last, mark: 'another record' },
              keys: new Map(['a', 'b', 'c', 'd'].map((key) => [key, { expires: Date.now() + 3_600_000 }])),
              expired: 0,
            });
          }
          memories.close();
        }
        const past = await run({}, 'past.db');
        await send('fare', fare('a', 99), fare('b', 12));
        await until('the next is decided', async () => (await decisions()).length === 2);
        await past.stop();
        await run({}, 'other.db');
        await send('fare', fare('a', 99), fare('b', 99), fare('c', 12), fare('d', 12));
        await until('the rest is decided', async () => (await decisions()).length === 4);
        assert.deepEqual(
          (await decisions()).map(({ data }) => [data.key, data.with]).toSorted(),
          ['a', 'b', 'c', 'd'].map((key) => [key, { over: 2 }]),
        );
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
          await until('all are decided', async () => (await decisions()).length >= count, 120_000);
          const told = (): Set<string> => new Set(target.calls.map(({ id }) => id));
          await until('all are told', () => told().size >= count, 120_000);
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
  });
};
