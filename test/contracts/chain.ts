import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Broker } from '../../src/brokers/broker.ts';
import { openBroker } from '../../src/brokers/index.ts';
import type { Row } from '../../src/core/types.ts';
import { tempFolder } from '../temp-folder.ts';
import type { BrokerForProcesses } from './stream-guarantees.ts';

const root = join(import.meta.dirname, '../..');
const modelOf = (name: string): string => join(root, 'examples/taxi/models', name);
interface Example {
  readonly input: Row;
  readonly output: Row;
}
const examplesOf = (name: string): readonly Example[] =>
  JSON.parse(readFileSync(join(modelOf(name), 'examples.json'), 'utf8'));

/** What is known of a ride, what it costs and how long it takes, as the libraries that trained the models say. */
const known = (() => {
  const fares = examplesOf('ride-fare');
  const places = ({ input: { passengers: _, ...rest } }: Example): string => JSON.stringify(rest);
  return examplesOf('ride-duration').flatMap((duration) => {
    const fare = fares.find((one) => places(one) === places(duration));
    return fare ? [{ ride: duration.input, dollars: fare.output.dollars, minutes: duration.output.minutes }] : [];
  });
})();
const knownOf = (n: number) => known[n % known.length];

const near = (got: unknown, expected: unknown): void =>
  assert.ok(Math.abs(Number(got) - Number(expected)) < 1e-3 * Math.abs(Number(expected)), `${got} is ${expected}`);

const until = async (what: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
  for (let times = 0; times < 2000; times++) {
    if (await holds()) return;
    await pause(20);
  }
  assert.fail(`waited in vain until ${what}`);
};

const readAll = async <T>(broker: Broker, topic: string): Promise<readonly T[]> => {
  const said: T[] = [];
  for await (const { events } of broker.read(topic, { from: 'earliest', untilEnd: true })) {
    said.push(...events.map(({ value }) => JSON.parse(Buffer.from(value ?? []).toString())));
  }
  return said;
};

interface Answer {
  readonly id: string;
  readonly prediction: Row;
}
interface Better {
  readonly deployment: string;
  readonly model: string;
  readonly prediction: Row;
}
interface Shown extends Answer {
  readonly better: readonly Better[];
}
interface Offer {
  readonly data: { readonly key: string; readonly decision: string; readonly with: Row };
}

const post = (url: string, model: string, ride: Row): Promise<Response> =>
  fetch(`${url}/predict/${model}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify(ride),
  });

const ask = async (url: string, ride: Row): Promise<Answer> => {
  const response = await post(url, 'ride-fare', ride);
  assert.equal(response.status, 200);
  return (await response.json()) as Answer;
};

/** What is shown of a prediction; undefined while the process that is asked does not know of it. */
const show = async (url: string, id: string): Promise<Shown | undefined> => {
  const response = await fetch(`${url}/predictions/${id}`, { headers: { connection: 'close' } });
  const shown = await response.json();
  return response.ok ? (shown as Shown) : undefined;
};

/** Hears the better predictions of an id until the service has no more to say. */
const listen = async (t: TestContext, url: string, id: string) => {
  const stop = new AbortController();
  t.after(() => stop.abort());
  const { status, body } = await fetch(`${url}/predictions/${id}/events`, { signal: stop.signal });
  assert.equal(status, 200);
  const heard: Better[] = [];
  const ends: string[] = [];
  const read = async (): Promise<void> => {
    let text = '';
    for await (const piece of (body ?? []) as AsyncIterable<Uint8Array>) {
      const parts = (text + Buffer.from(piece).toString()).split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts) {
        const [, event, data] = /^event: (.*)\ndata: (.*)$/.exec(part) ?? [];
        if (event === 'better') heard.push(JSON.parse(data));
        else if (event !== undefined) ends.push(event);
      }
    }
  };
  return { heard, ends, over: read().catch(() => undefined) };
};

/** A quick answer followed by a better one, and models one after another, on a broker that is really there. */
export const chainContract = (name: string, start: () => Promise<BrokerForProcesses>): void => {
  describe(`chains on ${name}`, { timeout: 250_000 }, () => {
    /** A project in a folder of its own; `mark` keeps its topics and groups apart from all others. */
    const openProject = async (t: TestContext, deployments: (mark: string) => string) => {
      const { address } = await start();
      const folder = tempFolder(t);
      const mark = folder.slice(-6).toLowerCase();
      writeFileSync(
        join(folder, 'millrace.yaml'),
        `stream: ${JSON.stringify(address)}\ndeployments:\n${deployments(mark)}`,
      );
      const broker = await openBroker(address, { home: folder, folder });
      t.after(() => broker.close());
      /** A command in a process of its own, until it has said what it says when it is ready. */
      const millrace = async (ready: RegExp, ...words: readonly string[]) => {
        const child = spawn(process.execPath, [join(root, 'bin/millrace.js'), ...words], {
          cwd: folder,
          stdio: ['ignore', 'pipe', 'pipe'],
          env: { ...process.env, MILLRACE_HOME: join(folder, 'home') },
        });
        t.after(() => child.kill('SIGKILL'));
        const exited = once(child, 'exit');
        let said = '';
        for (const stream of [child.stdout, child.stderr]) {
          stream.on('data', (data) => {
            said += String(data);
          });
        }
        await until(`millrace ${words.join(' ')} is ready`, () => ready.test(said) || child.exitCode !== null);
        const found = ready.exec(said) ?? assert.fail(said);
        const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> => {
          child.kill(signal);
          await exited;
          return child.exitCode;
        };
        return { url: found[1], end };
      };
      return { mark, broker, millrace };
    };
    const listening = /ready on (http:\S+?);/;

    it('a quick answer is shown with the better one that follows, which is heard as it comes, once, though all are stopped in between', async (t) => {
      const { mark, millrace } = await openProject(
        t,
        (own) => `
  fares-${own}:
    mode: service
    records_api: true
    model: ${modelOf('ride-fare')}
    publish: { topic: quoted-${own}, better: lasting-${own} }
  durations-${own}:
    mode: stream
    model: ${modelOf('ride-duration')}
    from: quoted-${own}
    input: $.input
    to: lasting-${own}
`,
      );
      const serve = () => millrace(listening, 'serve', '--port', '0', '--no-grpc', '--workers', '2', '--record', 'all');
      const predict = () => millrace(/Ctrl-C stops/, 'stream', 'run', `durations-${mark}`);
      const first = await serve();
      const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => ask(first.url, knownOf(n).ride)));
      for (const [n, { id, prediction }] of answers.entries()) {
        near(prediction.dollars, knownOf(n).dollars);
        await until('each process finds the record', async () => (await show(first.url, id)) !== undefined);
        assert.deepEqual((await show(first.url, id))?.better ?? [], []);
      }
      const listeners = await Promise.all(answers.map(({ id }) => listen(t, first.url, id)));

      const killed = await predict();
      await until('a better prediction is heard', () => listeners.some(({ heard }) => heard.length > 0));
      await killed.end('SIGKILL');
      const predicting = await predict();
      await until('each better prediction is heard', () => listeners.every(({ heard }) => heard.length > 0));

      const both = async (url: string): Promise<void> => {
        for (const [n, { id, prediction }] of answers.entries()) {
          await until('both are shown', async () => {
            const shown = await show(url, id);
            return shown?.prediction !== undefined && shown.better.length > 0;
          });
          const shown = await show(url, id);
          assert.deepEqual(shown?.prediction, prediction);
          assert.deepEqual(shown?.better, listeners[n].heard);
          const [better] = listeners[n].heard;
          assert.deepEqual([better.deployment, better.model], [`durations-${mark}`, 'ride-duration']);
          near(better.prediction.minutes, knownOf(n).minutes);
        }
      };
      await both(first.url);
      assert.equal(await first.end('SIGTERM'), 0);
      await Promise.all(listeners.map(({ over }) => over));
      assert.deepEqual(new Set(listeners.map(({ heard, ends }) => `${heard.length} ${ends}`)), new Set(['1 end']));

      const second = await serve();
      await both(second.url);
      assert.equal(await second.end('SIGTERM'), 0);
      assert.equal(await predicting.end('SIGTERM'), 0);
    });

    it('answers go on while the broker is away, those that wait for it are refused, and all are predicted again once it is back', async (t) => {
      const { takeAway } = await start();
      if (!takeAway) {
        t.diagnostic('this broker is not ours to stop');
        return;
      }
      const { millrace } = await openProject(
        t,
        (own) => `
  fares-${own}:
    mode: service
    records_api: true
    model: ${modelOf('ride-fare')}
    publish: { topic: quoted-${own}, better: lasting-${own} }
  tips-${own}:
    mode: service
    records_api: true
    model: ${modelOf('ride-tip')}
    publish: { topic: tipped-${own}, wait: true, timeout: 1s }
  durations-${own}:
    mode: stream
    model: ${modelOf('ride-duration')}
    from: quoted-${own}
    input: $.input
    to: lasting-${own}
`,
      );
      const { url, end } = await millrace(listening, 'up', '--port', '0', '--record', 'all');
      const tip = async () => (await post(url, 'ride-tip', knownOf(0).ride)).status;
      const answers = [await ask(url, knownOf(0).ride)];
      const better = async ({ id }: Answer) => (await show(url, id))?.better ?? [];
      await until('one is predicted again', async () => (await better(answers[0])).length === 1);
      assert.equal(await tip(), 200);

      const bringBack = await takeAway();
      for (let n = 1; n <= 20; n++) answers.push(await ask(url, knownOf(n).ride));
      assert.equal(await tip(), 503);
      await bringBack();
      for (const [n, answer] of answers.entries()) {
        near(answer.prediction.dollars, knownOf(n).dollars);
        await until('each is predicted again', async () => (await better(answer)).length > 0);
        const [{ prediction }, ...others] = await better(answer);
        near(prediction.minutes, knownOf(n).minutes);
        assert.deepEqual(others, []);
      }
      await until('who waits is answered again', async () => (await tip()) === 200);
      assert.equal(await end('SIGTERM'), 0);
    });

    it('a fare at booking and a duration at the start are joined by the ride, also across a kill in between', async (t) => {
      const { mark, broker, millrace } = await openProject(
        t,
        (own) => `
  fares-${own}:
    mode: service
    records_api: true
    model: ${modelOf('ride-fare')}
    publish: { topic: booked-${own}, key: ride_id }
  durations-${own}:
    mode: stream
    model: ${modelOf('ride-duration')}
    from: started-${own}
    key: ride_id
    input: $.ride
    to: durations-${own}
  offers-${own}:
    mode: decide
    from:
      fare: booked-${own}
      duration: durations-${own}
    within: 10m
    rules:
      - name: told
        if: fare.prediction.dollars > 0 && duration.prediction.minutes > 0
        with: { dollars: fare.prediction.dollars, minutes: duration.prediction.minutes, quick: fare.id }
    to: offers-${own}
`,
      );
      const up = () => millrace(listening, 'up', '--port', '0');
      const rides = Array.from({ length: 40 }, (_, n) => `ride-${n}`);
      const first = await up();
      const quick = new Map<string, string>();
      for (const [n, ride_id] of rides.entries()) {
        quick.set(ride_id, (await ask(first.url, { ...knownOf(n).ride, ride_id })).id);
      }
      await until('all are booked', async () => (await readAll(broker, `booked-${mark}`)).length === rides.length);
      await first.end('SIGKILL');

      const second = await up();
      const starts = rides.map((ride_id, n) => ({
        topic: `started-${mark}`,
        value: Buffer.from(JSON.stringify({ ride_id, ride: knownOf(n).ride })),
      }));
      await broker.produce(starts);
      const offersOf = () => readAll<Offer>(broker, `offers-${mark}`);
      await until('each ride has an offer', async () => (await offersOf()).length >= rides.length);
      const offers = await offersOf();
      assert.deepEqual(offers.map(({ data }) => data.key).sort(), rides.toSorted());
      for (const { data } of offers) {
        const { dollars, minutes } = knownOf(rides.indexOf(data.key));
        assert.equal(data.decision, 'told');
        assert.equal(data.with.quick, quick.get(data.key));
        near(data.with.dollars, dollars);
        near(data.with.minutes, minutes);
      }
      assert.equal(await second.end('SIGTERM'), 0);
    });
  });
};
