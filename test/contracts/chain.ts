import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import {
  type Answer,
  ask,
  knownOf,
  listen,
  modelOf,
  near,
  type Offer,
  openProjectAt,
  post,
  readAll,
  show,
  until,
} from './chain-world.ts';
import type { BrokerForProcesses } from './stream-guarantees.ts';

/** A quick answer followed by a better one, and models one after another, on a broker that is really there. */
export const chainContract = (name: string, start: () => Promise<BrokerForProcesses>): void => {
  describe(`chains on ${name}`, { timeout: 250_000 }, () => {
    const openProject = async (t: TestContext, deployments: (mark: string) => string) =>
      openProjectAt((await start()).address, t, deployments);
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
