import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createApp } from '../../src/app.ts';
import type { Broker } from '../../src/brokers/broker.ts';
import type { Row } from '../../src/core/types.ts';
import { tempFolder } from '../temp-folder.ts';

const root = join(import.meta.dirname, '../..');
const modelOf = (name: string): string => join(root, 'examples/taxi/models', name);
const examplesOf = (name: string): readonly { readonly input: Row; readonly output: Row }[] =>
  JSON.parse(readFileSync(join(modelOf(name), 'examples.json'), 'utf8'));

/** A fare at booking, asked of the service; a duration at the start; what both say together. */
const project = `
deployments:
  fares:
    mode: service
    model: ${modelOf('ride-fare')}
    publish: { topic: ride.booked, key: ride_id }
  durations:
    mode: stream
    model: ${modelOf('ride-duration')}
    from: ride.started
    key: ride_id
    input: $.ride
    to: duration.predicted
  offers:
    mode: decide
    from:
      fare: ride.booked
      duration: duration.predicted
    within: 10m
    rules:
      - name: told
        if: fare.prediction.dollars > 0 && duration.prediction.minutes > 0
        with: { dollars: fare.prediction.dollars, minutes: duration.prediction.minutes, quick: fare.id }
    to: offers
`;

interface Offer {
  readonly data: { readonly key: string; readonly decision: string; readonly with: Row };
}

const readAll = async (broker: Broker, topic: string): Promise<readonly Offer[]> => {
  const said: Offer[] = [];
  for await (const { events } of broker.read(topic, { from: 'earliest', untilEnd: true })) {
    said.push(...events.map(({ value }) => JSON.parse(Buffer.from(value ?? []).toString())));
  }
  return said;
};

const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  for (let times = 0; times < 2000; times++) {
    if (await holds()) return;
    await pause(20);
  }
  assert.fail('it never came to hold');
};

/** `millrace up` in a process of its own, until it is ready to be asked. */
const up = async (t: TestContext, folder: string, home: string) => {
  const child = spawn(process.execPath, [join(root, 'bin/millrace.js'), 'up', '--port', '0'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, MILLRACE_HOME: home },
  });
  t.after(() => child.kill('SIGKILL'));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      said += String(data);
    });
  }
  const found = (): string | undefined => /ready on (http:\S+?);/.exec(said)?.[1];
  await until(() => found() !== undefined || child.exitCode !== null);
  return { child, url: found() ?? assert.fail(said) };
};

it('a fare at booking and a duration at the start are joined by the ride, also across a kill in between', {
  timeout: 200_000,
}, async (t) => {
  const folder = tempFolder(t);
  writeFileSync(join(folder, 'millrace.yaml'), project);
  const app = createApp({ cwd: folder, env: { HOME: folder } });
  t.after(() => app.close());
  const broker = await app.broker();
  const fares = examplesOf('ride-fare').slice(0, 10);
  const durations = examplesOf('ride-duration').slice(0, 10);
  const rides = Array.from({ length: 40 }, (_, n) => `ride-${n}`);

  const first = await up(t, folder, app.home);
  const quick = new Map<string, string>();
  for (const [n, ride_id] of rides.entries()) {
    const response = await fetch(`${first.url}/predict/ride-fare`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...fares[n % fares.length].input, ride_id }),
    });
    assert.equal(response.status, 200);
    quick.set(ride_id, ((await response.json()) as { readonly id: string }).id);
  }
  await until(async () => (await readAll(broker, 'ride.booked')).length === rides.length);
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');

  const second = await up(t, folder, app.home);
  const starts = rides.map((ride_id, n) => ({
    topic: 'ride.started',
    value: Buffer.from(JSON.stringify({ ride_id, ride: durations[n % durations.length].input })),
  }));
  await broker.produce(starts);
  await until(async () => (await readAll(broker, 'offers')).length >= rides.length);
  const offers = await readAll(broker, 'offers');
  assert.deepEqual(offers.map(({ data }) => data.key).sort(), rides.toSorted());
  for (const { data } of offers) {
    const n = rides.indexOf(data.key);
    assert.equal(data.decision, 'told');
    assert.equal(data.with.quick, quick.get(data.key));
    const near = (got: unknown, expected: unknown): void =>
      assert.ok(Math.abs(Number(got) - Number(expected)) < 1e-3 * Math.abs(Number(expected)), `${got} is ${expected}`);
    near(data.with.dollars, fares[n % fares.length].output.dollars);
    near(data.with.minutes, durations[n % durations.length].output.minutes);
  }
  second.child.kill('SIGTERM');
  await once(second.child, 'exit');
  assert.equal(second.child.exitCode, 0);
});
