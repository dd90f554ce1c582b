import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import type { Broker } from '../../src/brokers/broker.ts';
import { openDatabase } from '../../src/databases/index.ts';
import { tablePredictions } from '../../src/modes/stream/table.ts';
import { openSink } from '../../src/sinks/index.ts';
import { startPostgres } from '../postgres.ts';
import { json, plain, type StreamWorld } from './stream-world.ts';

export const streamTables = ({ using }: StreamWorld): void => {
  for (const database of ['SQLite', 'PostgreSQL'] as const) {
    it(`writes predictions to a table of ${database}, each event once, also when it is written again`, () =>
      using(async ({ broker, from, to, start, come }) => {
        const url =
          database === 'SQLite'
            ? `sqlite:${join(mkdtempSync(join(tmpdir(), 'millrace-sink-')), 'sink.db')}`
            : await (await startPostgres()).database();
        const connect = () => openDatabase(url);
        const open = async () =>
          tablePredictions(
            await openSink(
              { connection: 'warehouse', table: 'totals' },
              { folder: '.', span: undefined, database: connect },
            ),
            'table',
          );
        // The first commits fail after the rows are written, as they do when a process ends in between.
        let failures = 3;
        const failing: Broker = {
          ...broker,
          consume: (options, work) =>
            broker.consume(options, (partition) =>
              work({
                topic: partition.topic,
                partition: partition.partition,
                signal: partition.signal,
                take: partition.take,
                waiting: partition.waiting,
                lag: partition.lag,
                commit: async (position, results) => {
                  if (failures-- > 0) throw new Error('ended before the commit');
                  await partition.commit(position, results);
                },
              }),
            ),
        };
        await start({ key: 'key', batch: { size: 20 } }, { broker: failing, sink: await open() });
        /** Two of them are no text, or none that every database takes. */
        const keys = [...'0123456'].map((n): readonly [key: unknown, name: string] => [`k${n}`, `k${n}`]);
        keys.push([{ base64: 'AAAAAAAAAIA=' }, 'base64:AAAAAAAAAIA='], ['a\u0000b', 'base64:YQBi']);
        const events = Array.from({ length: 300 }, (_, n) =>
          plain(from, `k${n % 9}`, { key: keys[n % 9][0], units: n, price: 2 }),
        );
        await broker.produce(events);
        const ids = (await come(to, 300)).map((event) => json(event).id as string);
        const reader = await connect();
        const rows = await reader.query('select event_id, event_key, total, over, version, scored_at from totals');
        await reader.close();
        assert.equal(rows.length, 300);
        assert.deepEqual(rows.map(({ event_id }) => String(event_id)).sort(), ids.sort());
        const totals = rows.map(({ total }) => Number(total)).sort((a, b) => a - b);
        assert.deepEqual(
          totals,
          Array.from({ length: 300 }, (_, n) => 2 * n),
        );
        for (const row of rows) {
          assert.equal(row.event_key, keys[(Number(row.total) / 2) % 9][1]);
          assert.equal(row.version, '1.0.0');
          assert.equal(Boolean(row.over), false);
        }
      }));
  }
};
