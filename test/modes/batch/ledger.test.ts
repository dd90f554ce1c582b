import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MillraceError } from '../../../src/core/errors.ts';
import { countedOf } from '../../../src/modes/batch/counted.ts';
import type { NewRun } from '../../../src/modes/batch/ledger/ledger.ts';
import { openLedger } from '../../../src/modes/batch/ledger/open.ts';
import type { ShardEntry, Summary } from '../../../src/modes/batch/types.ts';
import { meanOf, sumsOf } from '../../../src/monitor/profile/exact.ts';
import { openProfiles } from '../../../src/monitor/profiles/open.ts';
import { openSql } from '../../../src/store/sql.ts';

const wanted: Omit<NewRun, 'id'> = {
  deployment: 'trips',
  scope: 'all',
  slot: 'all',
  kind: 'run',
  cause: 'hand',
  ref: 'trees',
  model: 'trees',
  version: '1.0.0',
  digest: 'sha256:0',
  settings: '{}',
};

test('whoever takes a slot is told of all that was staged in vain, though others were told and lived not long enough', async (t) => {
  const sql = await openSql('sqlite::memory:');
  t.after(() => sql.close());
  let seconds = 0;
  const ledger = openLedger(sql, () => new Date(Date.UTC(2026, 10, 1) + ++seconds * 1000));
  const claim = async (id: string, force: boolean) => {
    const found = await ledger.claim({ ...wanted, id }, id, force);
    assert.ok(found.what === 'begun' || found.what === 'continued');
    // Gone at once, as if killed.
    await ledger.release(found.run.id, id);
    return [found.what, found.run.id, found.drops];
  };
  assert.deepEqual(await claim('a', false), ['begun', 'a', []]);
  assert.deepEqual(await claim('b', true), ['begun', 'b', ['a']]);
  assert.deepEqual(await claim('c', true), ['begun', 'c', ['a', 'b']]);
  assert.deepEqual(await claim('d', false), ['continued', 'c', ['a', 'b']]);

  const summary = { finished_at: '2026-11-01T00:10:00.000Z', rows_in: 0, rows_out: 0, rows_rejected: 0 } as Summary;
  const taken = await ledger.claim({ ...wanted, id: 'e' }, 'e', false);
  assert.equal(taken.what, 'continued');
  await ledger.end('c', 'e', 'finished', summary);
  assert.deepEqual(await claim('f', true), ['begun', 'f', []], 'a run that was whole has removed them');
});

test('the first characters of several runs name some of them, and say that there are more', async (t) => {
  const sql = await openSql('sqlite::memory:');
  t.after(() => sql.close());
  const ledger = openLedger(sql, () => new Date(Date.UTC(2026, 10, 1)));
  const begin = (id: string) => ledger.claim({ ...wanted, id, slot: id }, id, false);
  const several = (expected: string) => (error: unknown) => {
    assert.ok(error instanceof MillraceError);
    assert.deepEqual([error.code, error.problem.expected], ['UNKNOWN_RUN', expected]);
    return true;
  };
  for (const id of ['2026-a', '2026-b', '2026-c', '2026-d']) await begin(id);
  await assert.rejects(ledger.find('2026'), several('2026-a, 2026-b, 2026-c, 2026-d'));
  await begin('2026-e');
  await assert.rejects(ledger.find('2026'), several('2026-a, 2026-b, 2026-c, 2026-d, …'));
  assert.equal((await ledger.find('2026-e')).id, '2026-e');
});

test('what is counted comes back as numbers, however long they are', async (t) => {
  const sql = await openSql('sqlite::memory:');
  t.after(() => sql.close());
  const ledger = openLedger(sql, () => new Date(Date.UTC(2026, 10, 1)));
  await ledger.claim({ ...wanted, id: 'a' }, 'a', false);
  // As of instants in milliseconds: past 2^53, and whole.
  const long = {
    kind: 'number',
    missing: 0,
    min: 0,
    max: 2 ** 55,
    ...sumsOf(3, 2 ** 54, 2 ** 62),
    bins: [3],
  } as const;
  const counted = { rows_in: 3, rows_out: 3, rows_rejected: 0, rejected: {}, inputs: { at: long }, outputs: {} };
  const waits = { read: 0, score: 0, write: 0 };
  await ledger.addShard('a', 0, { ...counted, next: { rows: 3 }, waits });
  assert.deepEqual((await ledger.shards('a'))[0]?.inputs, { at: long });
  await ledger.end('a', 'a', 'finished', { ...counted, finished_at: '2026-11-01T00:10:00.000Z' } as unknown as Summary);
  assert.deepEqual((await ledger.find('a')).summary?.inputs, { at: long });
});

test('a shard is counted once in the profiles of its deployment, however often it is entered', async (t) => {
  const sql = await openSql('sqlite::memory:');
  t.after(() => sql.close());
  const ledger = openLedger(sql, () => new Date(Date.UTC(2026, 10, 1)));
  const { run } = await ledger.claim({ ...wanted, id: 'a' }, 'a', false);
  const counts = { rows_in: 3, rows_out: 2, rows_rejected: 1, rejected: { NULL_VALUE: 1 }, inputs: {}, outputs: {} };
  const entry = { ...counts, next: { rows: 3 }, waits: { read: 0, score: 0, write: 0 } };
  const counted = countedOf(entry, {
    run,
    reference: undefined,
    clock: () => new Date(Date.UTC(2026, 10, 1, 2, 3, 4)),
  });
  for (const _ of [1, 2]) await ledger.addShard('a', 0, entry, counted);
  const [span, ...others] = await openProfiles(sql).of(run.deployment, new Date(0));
  assert.deepEqual(others, []);
  assert.deepEqual([span?.at, span?.rows, span?.refused], ['2026-11-01T02:03:00.000Z', 3, 1]);
  assert.deepEqual(span?.traffic?.refused, { NULL_VALUE: 1 });
});

test('what versions before have counted, with a mean in place of sums, opens as what is counted now', async (t) => {
  const sql = await openSql('sqlite::memory:');
  t.after(() => sql.close());
  const ledger = openLedger(sql, () => new Date(Date.UTC(2026, 10, 1)));
  await ledger.claim({ ...wanted, id: 'a' }, 'a', false);
  const kept = { kind: 'number', count: 4, missing: 1, min: 0, max: 2, bins: [2, 2] } as const;
  const inputs = { x: { ...kept, mean: 0.7, m2: 2.5 } };
  const counted = { rows_in: 5, rows_out: 5, rows_rejected: 0, rejected: {}, inputs, outputs: {} };
  const waits = { read: 0, score: 0, write: 0 };
  await ledger.addShard('a', 0, { ...counted, next: { rows: 5 }, waits } as unknown as ShardEntry);
  await ledger.end('a', 'a', 'finished', { ...counted, finished_at: '2026-11-01T00:10:00.000Z' } as unknown as Summary);
  const [entry] = await ledger.shards('a');
  const { summary } = await ledger.find('a');
  for (const found of [entry?.inputs.x, summary?.inputs.x]) {
    assert.deepEqual(found, { ...kept, ...sumsOf(4, 0.7, 2.5) });
    assert.equal(meanOf(found), 0.7);
  }
});
