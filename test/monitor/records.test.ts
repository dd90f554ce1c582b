import assert from 'node:assert/strict';
import { after, describe, it, test } from 'node:test';
import { CompiledQuery, type KyselyPlugin, type RootOperationNode } from 'kysely';
import type { Code } from '../../src/core/errors.ts';
import { openRecords } from '../../src/monitor/records/open.ts';
import type { Prediction, Records } from '../../src/monitor/records/records.ts';
import { recordTables, servedTable, servedVariants } from '../../src/store/migrations/records.ts';
import { servedExperiments } from '../../src/store/migrations/rollouts.ts';
import { postgresMigratable } from '../../src/store/postgres.ts';
import { openSql } from '../../src/store/sql.ts';
import { sqliteMigratable } from '../../src/store/sqlite.ts';
import { stores } from '../contracts/stores.ts';

const prediction = (id: string, more: Partial<Prediction> = {}): Prediction => ({
  id,
  at: '2026-11-01T12:00:00.000Z',
  deployment: 'ride@production',
  model: 'ride',
  version: '1.0.0',
  digest: 'sha256:00',
  variant: 'stable',
  input: '{"distance":-0,"far":1e999}',
  coerced: false,
  output: '{"minutes":12.5,"late":false,"zone":null}',
  ms: 0.25,
  ...more,
});
const many = (count: number, more: (at: number) => Partial<Prediction> = () => ({})) =>
  Array.from({ length: count }, (_, at) => prediction(`p-${at}`, more(at)));

const refusal = async (work: Promise<unknown>, code: Code, text: RegExp): Promise<void> =>
  assert.rejects(work, (error: Error & { code?: string }) => error.code === code && text.test(error.message));

for (const store of stores()) {
  describe(`records in ${store.name}`, () => {
    after(() => store.remove());
    const open = async (t: { after(cleanup: () => Promise<void>): void }): Promise<Records> => {
      const records = openRecords(await openSql((await store.empty()).url));
      t.after(() => records.close());
      return records;
    };

    it('finds each prediction as it was kept, to the last character', async (t) => {
      const records = await open(t);
      const kept = many(137, (at) =>
        at % 10 === 3 ? { output: undefined, error: '{"code":"WRONG_TYPE"}', coerced: true } : { ms: at / 3 },
      );
      await records.append(kept);
      for (const one of kept) assert.deepEqual(await records.find(one.id), { error: undefined, ...one });
      assert.equal(await records.find('p-137'), undefined);
    });

    it('keeps the first of two predictions with one id', async (t) => {
      const records = await open(t);
      await records.append([prediction('a')]);
      await records.append([prediction('a', { ms: 9 }), prediction('b')]);
      assert.equal((await records.find('a'))?.ms, 0.25);
      assert.notEqual(await records.find('b'), undefined);
    });

    it('finds the only row of a call by the id of the call, and the other way round', async (t) => {
      const records = await open(t);
      await records.append([prediction('one'), prediction('many.0')]);
      assert.equal((await records.find('one.0'))?.id, 'one');
      assert.equal((await records.find('many'))?.id, 'many.0');
    });

    it('tells the last truth of a prediction, and when it was told', async (t) => {
      const records = await open(t);
      await records.append([prediction('a')]);
      const at = new Date('2026-11-02T08:00:00Z');
      await records.label('a', { minutes: 13 }, at);
      const labelled = await records.label('a.0', { minutes: 14, late: true, zone: 'west' }, at);
      const label = { at: '2026-11-02T08:00:00.000Z', truth: '{"minutes":14,"late":true,"zone":"west"}' };
      assert.deepEqual(labelled.label, label);
      assert.deepEqual((await records.find('a'))?.label, label);
    });

    it('refuses a truth that the output could not have been', async (t) => {
      const records = await open(t);
      await records.append([prediction('a'), prediction('r', { output: undefined, error: '{"code":"WRONG_TYPE"}' })]);
      const at = new Date();
      await refusal(records.label('nobody', { minutes: 1 }, at), 'NOT_FOUND', /no record of nobody/);
      await refusal(records.label('a', { minuts: 1 }, at), 'BAD_REQUEST', /Did you mean minutes/);
      await refusal(
        records.label('a', { minutes: 'ten' }, at),
        'BAD_REQUEST',
        /output is a number, the truth a string/,
      );
      await refusal(records.label('a', {}, at), 'BAD_REQUEST', /some of minutes, late, zone/);
      await refusal(records.label('a', [1], at), 'BAD_REQUEST', /some of minutes, late, zone/);
      await refusal(records.label('r', { minutes: 1 }, at), 'BAD_REQUEST', /was refused \(WRONG_TYPE\)/);
      assert.equal((await records.find('a'))?.label, undefined);
    });

    it('tells predictions of several packages and deployments apart', async (t) => {
      const url = (await store.empty()).url;
      const kept = many(9, (at) => ({
        deployment: ['ride@production', 'fare@staging'][at % 2],
        model: ['ride', 'fare'][at % 2],
        version: `1.0.${at % 3}`,
        digest: `sha256:0${at % 3}`,
        variant: ['stable', 'candidate'][at % 2],
      }));
      for (const part of [kept.slice(0, 5), kept.slice(5)]) {
        const records = openRecords(await openSql(url));
        t.after(() => records.close());
        await records.append(part);
      }
      const records = openRecords(await openSql(url));
      t.after(() => records.close());
      for (const one of kept) assert.deepEqual(await records.find(one.id), { error: undefined, ...one });
    });

    it('are found again in a database that an earlier release made', async (t) => {
      const { url } = await store.empty();
      const sql = await openSql(url);
      const run = (trx: typeof sql.db, statement: string) => trx.executeQuery(CompiledQuery.raw(statement));
      await sql.db.transaction().execute(async (trx) => {
        const { words, prepare } = sql.kind === 'sqlite' ? sqliteMigratable : postgresMigratable;
        for (const statement of prepare) await run(trx, statement);
        for (const made of ['view predictions', 'table recorded', 'table served', 'table labels']) {
          await run(trx, `drop ${made}`);
        }
        for (const statement of recordTables.statements(words)) await run(trx, statement);
        for (const { name } of [servedTable, servedVariants, servedExperiments]) {
          await run(trx, `delete from migrations where name = '${name}'`);
        }
        for (const id of ['a', 'b.0', 'c']) {
          await run(
            trx,
            `insert into predictions (id, at, deployment, model, version, digest, input, coerced, output, ms) values
              ('${id}', '2026-11-01T12:00:00.000Z', 'ride@production', '${id}', '1.0.0', 'sha256:00', '{"n":-0}', 0, '{}', 2)`,
          );
        }
        await run(trx, `insert into labels (id, at, truth) values ('a', '2026-11-02T12:00:00.000Z', '{"minutes":1}')`);
      });
      await sql.close();
      const records = openRecords(await openSql(url));
      t.after(() => records.close());
      await records.append([prediction('a', { ms: 9 }), prediction('d')]);
      assert.deepEqual(await records.find('a'), {
        error: undefined,
        ...prediction('a', { model: 'a', input: '{"n":-0}', output: '{}', ms: 2 }),
        label: { at: '2026-11-02T12:00:00.000Z', truth: '{"minutes":1}' },
      });
      assert.deepEqual([(await records.find('b'))?.model, (await records.find('d'))?.model], ['b.0', 'ride']);
      assert.equal(await records.prune({ most: 1 }), 3);
      assert.notEqual(await records.find('d'), undefined);
    });

    const pruned = async (records: Records, retention: Parameters<Records['prune']>[0]): Promise<number> => {
      let removed = 0;
      for (let part = await records.prune(retention); part > 0; part = await records.prune(retention)) removed += part;
      return removed;
    };

    it('removes the oldest predictions when there are more than shall be kept, and their truths with them', async (t) => {
      const records = await open(t);
      assert.equal(await pruned(records, { most: 10 }), 0);
      await records.append(many(4500));
      await records.label('p-0', { minutes: 1 }, new Date());
      assert.equal(await pruned(records, { most: 100 }), 4400);
      assert.equal(await records.find('p-4399'), undefined);
      assert.notEqual(await records.find('p-4400'), undefined);
      await records.append([prediction('p-0')]);
      assert.equal((await records.find('p-0'))?.label, undefined);
    });

    it('removes by time, also when clocks went ahead or back', async (t) => {
      const records = await open(t);
      const day = (date: number) => new Date(Date.UTC(2026, 0, date)).toISOString();
      // The first and the last say 2099, those between are in no order.
      const times = Array.from({ length: 5000 }, (_, at) => day(1 + ((at * 7) % 40)));
      await records.append([
        prediction('ahead', { at: '2099-01-01T00:00:00.000Z' }),
        ...many(5000, (at) => ({ at: times[at] })),
        prediction('late', { at: day(2) }),
        prediction('after', { at: '2099-01-01T00:00:00.000Z' }),
      ]);
      await records.label('late', { minutes: 1 }, new Date());
      const old = times.filter((at) => at < day(31)).length + 1;
      assert.equal(await pruned(records, { before: new Date(day(31)), most: 1_000_000 }), old);
      for (const [at, time] of times.entries()) {
        if (at % 97 === 0) assert.equal((await records.find(`p-${at}`)) === undefined, time < day(31), time);
      }
      assert.deepEqual([(await records.find('ahead'))?.id, (await records.find('after'))?.id], ['ahead', 'after']);
      await records.append([prediction('late')]);
      assert.equal((await records.find('late'))?.label, undefined);
    });

    it('removes predictions that are older than shall be kept', async (t) => {
      const records = await open(t);
      await records.append(many(50, (at) => ({ at: new Date(Date.UTC(2026, 0, 1 + at)).toISOString() })));
      assert.equal(await pruned(records, { before: new Date(Date.UTC(2026, 0, 31)) }), 30);
      assert.equal(await records.find('p-29'), undefined);
      assert.notEqual(await records.find('p-30'), undefined);
    });
  });
}

/** Keeps what is asked of a database. */
const listeningTo = (asked: RootOperationNode[]): KyselyPlugin => ({
  transformQuery: ({ node }) => {
    asked.push(node);
    return node;
  },
  transformResult: async ({ result }) => result,
});

test('of a million predictions, pruning touches those that go and the way to them, by time and by number', async (t) => {
  const store = stores().find(({ name }) => /postgres/i.test(name)) ?? assert.fail('there is one');
  t.after(() => store.remove());
  const sql = await openSql((await store.empty()).url);
  t.after(() => sql.close());
  const run = async (text: string, parameters: readonly unknown[] = []) =>
    (await sql.db.executeQuery(CompiledQuery.raw(text, [...parameters]))).rows as Record<string, unknown>[];
  await run(`insert into millrace.served (deployment, model, version, digest) values ('d', 'm', '1.0.0', 'sha256:00')`);
  // One record in a thousand has a clock that is wrong by years, among them the very first.
  await run(`insert into millrace.recorded (id, at, served, input, coerced, output, ms)
    select 'p-' || n, to_char(timestamp '2026-01-01' + n * interval '1 second' +
        case when n % 1000 = 1 then interval '60 years' else interval '0' end, 'YYYY-MM-DD"T"HH24:MI:SS.000"Z"'),
      1, '{}', 0, '{}', 1
    from generate_series(1, 1000000) n`);
  await run('analyze millrace.recorded');

  const asked: RootOperationNode[] = [];
  const records = openRecords({ ...sql, db: sql.db.withPlugin(listeningTo(asked)) });
  assert.equal(await records.prune({ before: new Date('2026-01-03T00:00:00Z'), most: 995_000 }), 4000);
  const executor = sql.db.getExecutor();
  for (const [at, node] of asked.entries()) {
    const query = executor.compileQuery(node, { queryId: `${at}` });
    if (!/recorded/.test(query.sql)) continue;
    await run('begin');
    const [{ 'QUERY PLAN': plan }] = await run(
      `explain (analyze, buffers, format json) ${query.sql}`,
      query.parameters,
    );
    await run('rollback');
    const text = JSON.stringify(plan);
    assert.doesNotMatch(text, /Seq Scan/, query.sql);
    const [{ Plan: top }] = plan as { Plan: Record<string, number> }[];
    const pages = (top['Shared Hit Blocks'] ?? 0) + (top['Shared Read Blocks'] ?? 0);
    // A page or so for each of 2,000 rows in each of three indexes and the table; a look at all takes tens of thousands.
    assert.ok(pages < 40_000, `${pages} pages: ${query.sql}`);
  }
});

test('nothing that is done with records looks at all of them, however many there are', async (t) => {
  const sql = await openSql('sqlite::memory:');
  t.after(() => sql.close());
  const asked: RootOperationNode[] = [];
  const records = openRecords({ ...sql, db: sql.db.withPlugin(listeningTo(asked)) });
  await records.append(many(3));
  await records.label('p-1', { minutes: 1 }, new Date());
  await records.find('p-1');
  assert.equal(await records.prune({ before: new Date(0), most: 1 }), 2);

  assert.ok(asked.length >= 9);
  const executor = sql.db.getExecutor();
  for (const [at, node] of asked.entries()) {
    const query = executor.compileQuery(node, { queryId: `${at}` });
    const plan = await sql.db.executeQuery(CompiledQuery.raw(`explain query plan ${query.sql}`, [...query.parameters]));
    for (const { detail } of plan.rows as { detail: string }[]) {
      assert.doesNotMatch(detail, /^SCAN (recorded|predictions|labels)/, query.sql);
    }
  }
});
