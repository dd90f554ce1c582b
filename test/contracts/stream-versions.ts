import assert from 'node:assert/strict';
import { it } from 'node:test';
import { countDeadLetters, readDeadLetters } from '../../src/events/dead-letters.ts';
import type { StreamParts } from '../../src/modes/stream/stream.ts';
import type { ModelSource } from '../../src/serving/source.ts';
import { app, changed, json, numbered, readAll, type StreamWorld, until } from './stream-world.ts';

export const streamVersions = ({ using, open }: StreamWorld): void => {
  it('several deployments on one topic each predict every event; replicas of one share them', () =>
    using(async ({ broker, from, to, start, come }) => {
      const mark = to.slice(-8);
      await start({ name: `a-${mark}`, to });
      await start({ name: `b-${mark}`, to: `${to}.b` });
      const other = await open();
      const twin = await start({ name: `b-${mark}`, to: `${to}.b` }, { broker: other });
      await until('the twin has a share', () => twin.partitions.length > 0 && twin.partitions.length < 4);
      for (let i = 0; i < 600; i += 100) await broker.produce(numbered(from, 100, i));
      for (const topic of [to, `${to}.b`]) {
        const totals = (await come(topic, 600)).map((event) => json(event).data.prediction.total);
        assert.deepEqual(
          totals.sort((x, y) => x - y),
          Array.from({ length: 600 }, (_, i) => i),
        );
      }
      await twin.stop();
      await other.close();
    }));

  it('one event that breaks the model costs its neighbours nothing', () =>
    using(async ({ broker, from, to, start, come }) => {
      const breaking = changed((score) => async (rows) => {
        if (rows.some((row) => (row as { units: number }).units === 13)) throw new Error('the model broke');
        return score(rows);
      });
      const stream = await start({}, { source: breaking });
      await broker.produce(numbered(from, 30));
      const totals = (await come(to, 29)).map((event) => json(event).data.prediction.total);
      assert.deepEqual(
        totals.sort((x, y) => x - y),
        Array.from({ length: 30 }, (_, i) => i).filter((n) => n !== 13),
      );
      await until('it is buried', async () => (await countDeadLetters(broker, stream.deployment)) === 1);
      for await (const letter of readDeadLetters(broker, stream.deployment)) assert.equal(letter.code, 'MODEL_FAILED');
    }));

  it('lets a new version take over between micro-batches, and each event names the version that made it', () =>
    using(async ({ broker, from, to, start, come }) => {
      let version = '1.0.0';
      let closed = 0;
      const versioned: ModelSource = {
        open: app.open,
        resolve: async () => ({ version, digest: `sha256:${version}` }),
        load: async (found) => {
          const scorer = await app.load(found);
          return {
            ...scorer,
            manifest: { ...scorer.manifest, version },
            digest: `sha256:${version}`,
            close: async () => {
              closed++;
              await scorer.close();
            },
          };
        },
      };
      const stream = await start({}, { source: versioned, followEveryMs: 50 });
      let sent = 0;
      const send = async (): Promise<void> => {
        await broker.produce(numbered(from, 50, sent));
        sent += 50;
      };
      await send();
      await come(to, 50);
      version = '1.1.0';
      await until('it has taken over', async () => {
        await send();
        return stream.model.version === '1.1.0';
      });
      await send();
      const events = (await come(to, sent)).map(json);
      assert.equal(events.length, sent);
      const versions = new Set(events.map(({ data }) => data.version));
      assert.deepEqual([...versions].sort(), ['1.0.0', '1.1.0']);
      for (const { data } of events) assert.equal(data.digest, `sha256:${data.version}`);
      assert.equal(closed, 1);
    }));

  it('a version that fails its golden examples does not take over', () =>
    using(async ({ broker, from, to, start, come }) => {
      let version = '1.0.0';
      const troubles: string[] = [];
      const versioned: ModelSource = {
        open: app.open,
        resolve: async () => ({ version, digest: `sha256:${version}` }),
        load: async (found) => {
          const scorer = await app.load(found);
          const mine = version;
          return {
            ...scorer,
            manifest: { ...scorer.manifest, version },
            digest: `sha256:${version}`,
            score: async (rows, options) =>
              mine === '1.0.0' ? scorer.score(rows, options) : rows.map(() => ({ output: { total: 1, over: true } })),
          };
        },
      };
      const onEvent: StreamParts['onEvent'] = (news) => {
        if (news.kind === 'trouble') troubles.push(news.problem.code);
      };
      const stream = await start({}, { source: versioned, followEveryMs: 50, onEvent });
      version = '2.0.0';
      await until('it was refused', () => troubles.includes('EXAMPLE_OFF'));
      await broker.produce(numbered(from, 10));
      for (const event of await come(to, 10)) assert.equal(json(event).data.version, '1.0.0');
      assert.equal(stream.model.version, '1.0.0');
      assert.deepEqual(troubles, ['EXAMPLE_OFF']);
    }));

  it('stops gracefully: what it has begun is committed, and nothing is predicted twice afterwards', () =>
    using(async ({ broker, from, to, start, come }) => {
      for (let i = 0; i < 2000; i += 500) await broker.produce(numbered(from, 500, i));
      for (let turn = 0; turn < 3; turn++) {
        const stream = await start({ batch: { size: 50 } });
        await until('something is done', async () => (await readAll(broker, to)).length > turn * 100);
        await stream.stop();
        assert.deepEqual(stream.partitions, []);
      }
      await start();
      const totals = (await come(to, 2000)).map((event) => json(event).data.prediction.total);
      assert.deepEqual(
        totals.sort((x, y) => x - y),
        Array.from({ length: 2000 }, (_, i) => i),
      );
    }));
};
