import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { StreamEvent } from '../src/brokers/broker.ts';
import { createInbox } from '../src/brokers/inbox.ts';
import { MillraceError } from '../src/core/errors.ts';
import { invariant } from '../src/core/invariant.ts';
import { openLedger } from '../src/modes/batch/ledger/open.ts';
import { unpack } from '../src/monitor/parcel.ts';
import { openSql } from '../src/store/sql.ts';

const breach = (work: () => unknown, what: string): void =>
  assert.throws(work, (error) => {
    assert.ok(error instanceof MillraceError);
    assert.equal(error.code, 'INTERNAL');
    assert.equal(error.problem.expected, what);
    assert.ok(error.message.includes(what));
    return true;
  });

const eventAt = (offset: number): StreamEvent => ({
  topic: 't',
  partition: 0,
  offset,
  key: null,
  value: null,
  headers: [],
  at: 0,
});

describe('a defect in the books', () => {
  test('is an INTERNAL error that says which invariant broke', () => {
    invariant(true, 'nothing is said');
    breach(() => invariant(false, 'two is two'), 'two is two');
  });

  test('of an inbox is found where events come out of order', () => {
    const what = 'events come in order, and reading goes on after them';
    const inbox = () => createInbox({ events: 9, bytes: 9999, position: 5, onRoom: () => {} });
    breach(() => inbox().push([eventAt(4)], 6), what);
    breach(() => inbox().push([eventAt(5), eventAt(6)], 6), what);
    const one = inbox();
    one.push([eventAt(5), eventAt(8)], 9);
    breach(() => one.push([eventAt(8)], 10), what);
  });

  test('of a parcel is found where its rows end past it', () => {
    const parcel = { pieces: [{ buffer: new ArrayBuffer(64), used: 20 }], others: [], bytes: 20, rows: 1 };
    breach(() => unpack(parcel), 'the rows of a parcel end where it ends');
  });

  test('of the ledger is found where a shard is missing, or its rows do not add up', async (t) => {
    const sql = await openSql('sqlite::memory:');
    t.after(() => sql.close());
    const ledger = openLedger(sql, () => new Date(Date.UTC(2026, 10, 1)));
    const entry = {
      rows_in: 3,
      rows_out: 3,
      rows_rejected: 0,
      rejected: {},
      inputs: {},
      outputs: {},
      next: { rows: 3 },
      waits: { read: 0, score: 0, write: 0 },
    };
    const parts = { deployment: 'd', scope: 'all', slot: 'all', kind: 'run', cause: 'hand', ref: 'm' } as const;
    const run = { ...parts, id: 'a', model: 'm', version: '1.0.0', digest: 'sha256:0', settings: '{}' };
    await ledger.claim(run, 'owner', false);
    await assert.rejects(ledger.addShard('a', 0, { ...entry, rows_out: 2 }), {
      code: 'INTERNAL',
      message: /each row of a shard went out or was rejected/,
    });
    await ledger.addShard('a', 1, entry);
    await assert.rejects(ledger.shards('a'), {
      code: 'INTERNAL',
      message: /the shards of a run are numbered without gaps/,
    });
  });
});
