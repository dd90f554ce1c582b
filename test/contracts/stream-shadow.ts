import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Broker } from '../../src/brokers/broker.ts';
import { fail, MillraceError } from '../../src/core/errors.ts';
import type { Scorer } from '../../src/core/types.ts';
import { prepareStream } from '../../src/modes/stream/deployment.ts';
import type { StreamNews } from '../../src/modes/stream/stream.ts';
import type { ModelSource } from '../../src/serving/source.ts';
import { app, json, model, numbered, plain, readAll, type StreamWorld, until } from './stream-world.ts';

/** The reference by which the shadow is asked for. */
const SHADOW = 'the shadow';

type Score = Scorer['score'];

/** The model under another version, whose answers somebody changes once its examples were held. */
const sourceWith = (change: (score: Score) => Score): ModelSource => {
  const shadows = new WeakSet<object>();
  return {
    open: async (ref) => {
      const found = await app.open(ref === SHADOW ? model : ref);
      const own = { ...found };
      if (ref === SHADOW) shadows.add(own);
      return own;
    },
    load: async (found) => {
      const scorer = await app.load(found);
      if (!shadows.has(found)) return scorer;
      const changed = change((rows, options) => scorer.score(rows, options));
      let isProven = false;
      return {
        ...scorer,
        manifest: { ...scorer.manifest, version: '1.1.0' },
        score: (rows, options) => {
          if (isProven) return changed(rows, options);
          return scorer.score(rows, options).finally(() => {
            isProven = true;
          });
        },
      };
    },
  };
};

/** Odd totals are one more, and those past 20 are refused. */
const otherwise =
  (score: Score): Score =>
  async (rows, options) =>
    (await score(rows, options)).map((answer) => {
      const total = Number(answer.output?.total);
      if (total > 20) return { error: { code: 'OUT_OF_RANGE', message: 'too much' } };
      return total % 2 === 1 ? { output: { ...answer.output, total: total + 1 } } : answer;
    });

const eventsById = async (broker: Broker, topic: string) =>
  new Map(
    (await readAll(broker, topic)).map((event) => {
      const { id, ...rest } = json(event);
      return [id as string, { ...rest, key: Buffer.from(event.key ?? []).toString() }] as const;
    }),
  );

export const streamShadow = ({ using }: StreamWorld): void => {
  it('a shadow predicts the same events to a topic of its own, and is counted beside', () =>
    using(async ({ broker, from, to, registry, start, come }) => {
      await start({ shadow: SHADOW }, { source: sourceWith(otherwise) });
      await broker.produce([...numbered(from, 30), plain(from, 'bad', { units: 1.5, price: 1 })]);
      await come(to, 30);
      await come(`${to}.shadow`, 21);
      const [counted, beside] = [await eventsById(broker, to), await eventsById(broker, `${to}.shadow`)];
      assert.deepEqual([counted.size, beside.size], [30, 21]);
      for (const [id, { data, key, variant }] of counted) {
        assert.deepEqual([data.version, variant], ['1.0.0', 'stable']);
        const its = beside.get(id);
        const { total } = data.prediction;
        if (total > 20) {
          assert.equal(its, undefined, 'what it refuses it does not predict');
          continue;
        }
        assert.ok(its);
        assert.deepEqual([its.data.version, its.variant, its.key], ['1.1.0', 'candidate', key]);
        assert.equal(its.data.prediction.total, total % 2 === 1 ? total + 1 : total);
      }
      await until('all is counted', async () => (await registry.metrics()).includes('outcome="neither"} 1'));
      const figures = await registry.metrics();
      for (const [outcome, count] of [
        ['same', 11],
        ['changed', 10],
        ['refused', 9],
      ]) {
        assert.match(
          figures,
          new RegExp(`millrace_stream_shadow_events_total\\{[^}]*outcome="${outcome}"\\} ${count}\\n`),
        );
      }
      const letters = (await readAll(broker, `totals-${to.slice(-8)}.dead-letters`)).length;
      assert.equal(letters, 1, 'what only the shadow refuses is no dead letter');
    }));

  it('a shadow that fails holds nothing up, and is told once', () =>
    using(async ({ broker, from, to, registry, start, come }) => {
      const troubles: StreamNews[] = [];
      const source = sourceWith(() => async () => {
        throw fail('UNAVAILABLE', 'nobody is there');
      });
      const onEvent = (news: StreamNews): unknown => news.kind === 'trouble' && troubles.push(news);
      await start({ shadow: SHADOW, batch: { size: 10 } }, { source, onEvent });
      await broker.produce(numbered(from, 60));
      assert.equal((await come(to, 60)).length, 60);
      await until('all is counted', async () => (await registry.metrics()).includes('outcome="failed"} 60'));
      assert.equal(troubles.length, 1);
      assert.equal((await readAll(broker, `${to}.shadow`)).length, 0);
    }));

  it('where the version that counts cannot answer, both are asked again, and nothing is lost or twice', () =>
    using(async ({ broker, from, to, start, come }) => {
      const plainly = sourceWith((score) => score);
      let failures = 0;
      const source: ModelSource = {
        ...plainly,
        load: async (found, signal) => {
          const scorer = await plainly.load(found, signal);
          if (scorer.manifest.version !== '1.0.0') return scorer;
          return {
            ...scorer,
            score: (rows, options) => {
              const isExample = rows.some((row) => (row as { price: number }).price !== 1);
              if (isExample || failures >= 2) return scorer.score(rows, options);
              failures++;
              return Promise.reject(fail('UNAVAILABLE', 'nobody is there'));
            },
          };
        },
      };
      await start({ shadow: SHADOW, batch: { size: 10 } }, { source });
      await broker.produce(numbered(from, 40));
      await come(to, 40);
      await come(`${to}.shadow`, 40);
      assert.equal(failures, 2);
      assert.deepEqual([(await eventsById(broker, to)).size, (await readAll(broker, to)).length], [40, 40]);
      assert.deepEqual(
        [(await eventsById(broker, `${to}.shadow`)).size, (await readAll(broker, `${to}.shadow`)).length],
        [40, 40],
      );
    }));

  it('a shadow that cannot be opened holds nothing up', () =>
    using(async ({ broker, from, to, start, come }) => {
      const troubles: string[] = [];
      const plainly = sourceWith((score) => score);
      const source: ModelSource = {
        ...plainly,
        open: async (ref) =>
          ref === SHADOW ? Promise.reject(fail('UNKNOWN_MODEL', 'no such model')) : plainly.open(ref),
      };
      const onEvent = (news: StreamNews): unknown => news.kind === 'trouble' && troubles.push(news.problem.code);
      const stream = await start({ shadow: SHADOW }, { source, onEvent });
      await broker.produce(numbered(from, 5));
      assert.equal((await come(to, 5)).length, 5);
      assert.ok(troubles.includes('UNKNOWN_MODEL'));
      await until('it is ready', () => stream.obstacles().length === 0);
    }));

  it('a shadow without a topic of predictions is refused', () => {
    const settings = { mode: 'stream', model, from: 'x', sink: { connection: 'c', table: 't' }, shadow: 'm' } as const;
    assert.throws(
      () => prepareStream('one', settings),
      (error) =>
        error instanceof MillraceError &&
        error.code === 'BAD_PROJECT' &&
        /<to>\.shadow/.test(String(error.problem.expected)),
    );
  });
};
