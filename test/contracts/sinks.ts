import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { MillraceError } from '../../src/core/errors.ts';
import type { Sink, SinkRun } from '../../src/sinks/sink.ts';
import { type Answer, answers, rowsOf, runInfo, shape } from './sink-rows.ts';

/** What a reader of the output sees, each value in its own type; undefined when there is no output yet. */
export type Seen = readonly Answer[] | undefined;

/** One place to write to, empty at first. */
export interface SinkPlace {
  sink(): Promise<Sink>;
  read(): Promise<Seen>;
  /** Everything at the place that is not the output: names of files or tables. */
  leftovers(): Promise<readonly string[]>;
}

export interface SinkKind {
  readonly name: string;
  /** Whether the sink notices that two rows have one key. */
  readonly isKeyed: boolean;
  empty(): Promise<SinkPlace>;
  remove(): Promise<void>;
}

const stage = async (run: SinkRun, index: number, list: readonly Answer[]): Promise<void> => {
  const shard = await run.shard(index);
  const middle = list.length >> 1;
  await shard.write(rowsOf(list.slice(0, middle)));
  await shard.write(rowsOf(list.slice(middle)));
  await shard.commit({ index, rows: list.length });
};

const byId = (seen: Seen): Seen => seen && [...seen].sort((a, b) => (a.ride_id < b.ride_id ? -1 : 1));

export const sinkContract = (kind: SinkKind): void => {
  describe(`sink: ${kind.name}`, () => {
    after(() => kind.remove());
    const using = async (work: (sink: Sink, place: SinkPlace) => Promise<void>): Promise<void> => {
      const place = await kind.empty();
      const sink = await place.sink();
      try {
        await work(sink, place);
      } finally {
        await sink.close();
      }
    };

    it('shows a run when it is published, and nothing of it before', () =>
      using(async (sink, place) => {
        await sink.check(shape, { deployment: 'fares', isForced: false });
        const run = await sink.open(runInfo('a'), shape);
        await stage(run, 0, answers('a', 0, 300));
        await stage(run, 1, answers('a', 300, 500));
        assert.deepEqual((await place.read()) ?? [], []);
        assert.equal(await run.isPublished(), false);
        await run.publish('replace', 500);
        assert.equal(await run.isPublished(), true);
        assert.deepEqual(byId(await place.read()), answers('a', 0, 500));
        assert.deepEqual(await place.leftovers(), []);
      }));

    it('can be published twice, as when nobody has noted the first time', () =>
      using(async (sink, place) => {
        const run = await sink.open(runInfo('a'), shape);
        await stage(run, 0, answers('a', 0, 10));
        await run.publish('replace', 10);
        await run.publish('replace', 10);
        await (await sink.open(runInfo('a'), shape)).publish('replace', 10);
        assert.deepEqual(byId(await place.read()), answers('a', 0, 10));
      }));

    it('keeps entries with their shards, for whoever goes on', () =>
      using(async (sink, place) => {
        const run = await sink.open(runInfo('a'), shape);
        await stage(run, 0, answers('a', 0, 20));
        const other = await place.sink();
        try {
          const again = await other.open(runInfo('a'), shape);
          assert.deepEqual([...(await again.committed())], [[0, { index: 0, rows: 20 }]]);
          await stage(again, 1, answers('a', 20, 30));
          await again.publish('replace', 30);
        } finally {
          await other.close();
        }
        assert.deepEqual(byId(await place.read()), answers('a', 0, 30));
      }));

    it('leaves no trace of a shard that was not committed', () =>
      using(async (sink, place) => {
        const run = await sink.open(runInfo('a'), shape);
        const shard = await run.shard(0);
        await shard.write(rowsOf(answers('x', 0, 50)));
        await shard.abort();
        assert.equal((await run.committed()).size, 0);
        await stage(run, 0, answers('a', 0, 5));
        await run.publish('replace', 5);
        assert.deepEqual(byId(await place.read()), answers('a', 0, 5));
      }));

    it('writes the next shard while the last one is being committed', () =>
      using(async (sink, place) => {
        const run = await sink.open(runInfo('a'), shape);
        const first = await run.shard(0);
        await first.write(rowsOf(answers('a', 0, 40)));
        const committing = first.commit({});
        const second = await run.shard(1);
        await second.write(rowsOf(answers('a', 40, 60)));
        await committing;
        await second.commit({});
        await run.publish('replace', 60);
        assert.deepEqual(byId(await place.read()), answers('a', 0, 60));
      }));

    it('replaces the run before, rows that are gone among them, in one step', () =>
      using(async (sink, place) => {
        const first = await sink.open(runInfo('a'), shape);
        await stage(first, 0, answers('a', 0, 400));
        await first.publish('replace', 400);
        const second = await sink.open(runInfo('b'), shape);
        await stage(second, 0, answers('b', 200, 500));
        const seen: Seen[] = [];
        let done = false;
        const watching = (async () => {
          while (!done) seen.push(await place.read());
        })();
        await second.publish('replace', 300);
        done = true;
        await watching;
        seen.push(await place.read());
        for (const one of seen) {
          const runs = new Set(one?.map((row) => row.run_id));
          assert.equal(runs.size, 1, 'a reader sees one run');
          assert.equal(one?.length, runs.has('a') ? 400 : 300);
        }
        assert.deepEqual(byId(seen.at(-1)), answers('b', 200, 500));
        assert.deepEqual(await place.leftovers(), []);
      }));

    it('adds rows to what is there, once', () =>
      using(async (sink, place) => {
        const first = await sink.open(runInfo('a'), shape);
        await stage(first, 0, answers('a', 0, 20));
        await first.publish('replace', 20);
        const retry = await sink.open(runInfo('b'), shape);
        await stage(retry, 0, answers('b', 20, 25));
        await retry.publish('add', 5);
        await retry.publish('add', 5);
        assert.deepEqual(byId(await place.read()), [...answers('a', 0, 20), ...answers('b', 20, 25)]);
        const third = await sink.open(runInfo('c'), shape);
        await stage(third, 0, answers('c', 0, 3));
        await third.publish('replace', 3);
        assert.deepEqual(byId(await place.read()), answers('c', 0, 3));
      }));

    it('publishes a run without rows', () =>
      using(async (sink, place) => {
        const run = await sink.open(runInfo('a'), shape);
        await (await run.shard(0)).commit({});
        await run.publish('replace', 0);
        assert.deepEqual(await place.read(), []);
      }));

    it('sets aside what will not be published, where nobody takes it for the output', () =>
      using(async (sink, place) => {
        const first = await sink.open(runInfo('a'), shape);
        await stage(first, 0, answers('a', 0, 10));
        await first.publish('replace', 10);
        const second = await sink.open(runInfo('b'), shape);
        await stage(second, 0, answers('b', 0, 4));
        const name = await second.setAside();
        assert.match(name, /incomplete/);
        assert.deepEqual(byId(await place.read()), answers('a', 0, 10));
        assert.equal((await place.leftovers()).length, 1);
        assert.match((await place.leftovers())[0] ?? '', /incomplete/);
      }));

    it('drops what is staged', () =>
      using(async (sink, place) => {
        const run = await sink.open(runInfo('a'), shape);
        await stage(run, 0, answers('a', 0, 10));
        await sink.drop('a');
        await sink.drop('never-there');
        assert.deepEqual(await place.leftovers(), []);
      }));

    it('refuses a value that its column cannot hold, or keeps it as it is', () =>
      using(async (sink) => {
        if (!sink.isTyped) return;
        const run = await sink.open(runInfo('a'), shape);
        const shard = await run.shard(0);
        const [row] = answers('a', 0, 1);
        assert.ok(row);
        const rows = rowsOf([row]);
        await assert.rejects(
          shard.write({ ...rows, columns: { ...rows.columns, stops: ['many'] } }),
          (error: unknown) => error instanceof MillraceError && error.code === 'WRONG_TYPE',
        );
        await shard.abort();
      }));

    if (kind.isKeyed) {
      it('refuses two rows of one key, and changes nothing', () =>
        using(async (sink, place) => {
          const first = await sink.open(runInfo('a'), shape);
          await stage(first, 0, answers('a', 0, 10));
          await first.publish('replace', 10);
          const second = await sink.open(runInfo('b'), shape);
          await stage(second, 0, answers('b', 0, 5));
          await stage(second, 1, answers('b', 4, 8));
          await assert.rejects(second.publish('replace', 9), (error: unknown) => {
            assert.ok(error instanceof MillraceError, String(error));
            assert.equal(error.code, 'DUPLICATE_KEY');
            assert.match(error.message, /ride-000004 \(2 rows\)/);
            return true;
          });
          assert.deepEqual(byId(await place.read()), answers('a', 0, 10));
        }));

      it('lets windows stand beside each other, and puts the newer row in the place of the older', () =>
        using(async (sink, place) => {
          const monday = await sink.open(runInfo('mon', '2026-11-02'), shape);
          await stage(monday, 0, answers('mon', 0, 10));
          await monday.publish('replace', 10);
          const tuesday = await sink.open(runInfo('tue', '2026-11-03'), shape);
          await stage(tuesday, 0, answers('tue', 5, 15));
          await tuesday.publish('replace', 10);
          assert.deepEqual(byId(await place.read()), [...answers('mon', 0, 5), ...answers('tue', 5, 15)]);
        }));

      it('writes rows of a stream at once, each key once', () =>
        using(async (sink, place) => {
          await sink.upsert?.(shape, rowsOf(answers('s', 0, 10)));
          await sink.upsert?.(shape, rowsOf(answers('s', 5, 15)));
          assert.deepEqual(byId(await place.read()), answers('s', 0, 15));
        }));
    }
  });
};
