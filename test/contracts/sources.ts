import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { MillraceError } from '../../src/core/errors.ts';
import { rowAt } from '../../src/files/scoring.ts';
import type { Source, SourcePosition, Span } from '../../src/sources/source.ts';

/** One row of what every source is filled with. */
export interface Ride {
  readonly ride_id: string;
  readonly zone: string | null;
  readonly distance: number | null;
  readonly passengers: number;
  readonly shared: boolean;
  readonly pickup: string;
}

/** Ids are out of order, so that a source has to put them into one. */
export const rides = (count: number): readonly Ride[] =>
  Array.from({ length: count }, (_, index) => {
    const number = (index * 7919) % count;
    return {
      ride_id: `ride-${String(number).padStart(6, '0')}`,
      zone: number % 11 === 0 ? null : `Zone "${number % 5}", östlich`,
      distance: number % 7 === 0 ? null : number / 8,
      passengers: number % 6,
      shared: number % 2 === 0,
      pickup: new Date(Date.UTC(2026, 10, 1) + number * 60_000).toISOString(),
    };
  });

export interface SourceOptions {
  readonly rows: readonly Ride[];
  readonly key: readonly string[];
  readonly chunkRows: number;
  readonly span?: Span;
}

/** A kind of source, filled anew for each test. */
export interface SourceKind {
  readonly name: string;
  readonly isOrdered: boolean;
  open(options: SourceOptions): Promise<Source>;
  remove(): Promise<void>;
}

type Row = Readonly<Record<string, unknown>>;

/** All rows behind a position, their keys, and the position behind each chunk. */
export const readAll = async (source: Source, from?: SourcePosition) => {
  const rows: Row[] = [];
  const names: string[] = [];
  const places: number[] = [];
  const stops: { readonly next: SourcePosition; readonly rows: number }[] = [];
  for await (const chunk of source.read(from)) {
    for (let index = 0; index < chunk.rows; index++) {
      rows.push({ ...rowAt(chunk, index) });
      const { row } = chunk.place(index);
      places.push(row);
      names.push(chunk.rowKey(row));
    }
    // A position is kept as JSON.
    stops.push({ next: JSON.parse(JSON.stringify(chunk.next)), rows: rows.length });
  }
  return { rows, names, places, stops };
};

const byId = (rows: readonly Row[]): readonly Row[] =>
  [...rows].sort((a, b) => (String(a.ride_id) < String(b.ride_id) ? -1 : 1));

/** What a row looks like whatever it came out of. */
const plain = (row: Row): Row => ({
  ride_id: row.ride_id,
  zone: row.zone ?? null,
  distance: row.distance === null || row.distance === undefined ? null : Number(row.distance),
  passengers: Number(row.passengers),
  shared: [true, 'true', 1, '1'].includes(row.shared as never),
  pickup: new Date(String(row.pickup)).toISOString(),
});

export const sourceContract = (kind: SourceKind): void => {
  describe(`source: ${kind.name}`, () => {
    after(() => kind.remove());
    const using = async (options: SourceOptions, work: (source: Source) => Promise<void>): Promise<void> => {
      const source = await kind.open(options);
      try {
        await work(source);
      } finally {
        await source.close();
      }
    };

    it('reads every row once, with its values', async () => {
      const rows = rides(5000);
      await using({ rows, key: ['ride_id'], chunkRows: 1024 }, async (source) => {
        const read = await readAll(source);
        assert.deepEqual(byId(read.rows).map(plain), byId(rows as unknown as readonly Row[]));
        assert.ok(read.stops.length > 1, 'it comes in several chunks');
        assert.deepEqual(
          read.places,
          rows.map((_, index) => index + 1),
        );
      });
    });

    it('goes on behind any of its positions, and gives the rows that it would have given', async () => {
      const rows = rides(5000);
      for (const key of [['ride_id'], ['passengers', 'ride_id'], []]) {
        await using({ rows, key, chunkRows: 1024 }, async (source) => {
          const whole = await readAll(source);
          for (const { next, rows: done } of whole.stops) {
            const rest = await readAll(source, next);
            assert.deepEqual(rest.rows, whole.rows.slice(done));
            assert.deepEqual(rest.names, whole.names.slice(done));
            assert.deepEqual(rest.places, whole.places.slice(done));
          }
        });
      }
    });

    it('gives rows without a key the same names in every read', async () => {
      const rows = rides(300);
      let first: readonly string[] = [];
      await using({ rows, key: [], chunkRows: 50 }, async (source) => {
        first = (await readAll(source)).names;
        assert.equal(new Set(first).size, rows.length);
        assert.deepEqual((await readAll(source)).names, first);
      });
    });

    it('tells its columns even when it has no rows', async () => {
      await using({ rows: [], key: ['ride_id'], chunkRows: 10 }, async (source) => {
        const chunks = [];
        for await (const chunk of source.read()) chunks.push(chunk);
        assert.equal(chunks.length, 1);
        assert.equal(chunks[0]?.rows, 0);
      });
    });

    it('says that it is the same as long as it is', async () => {
      await using({ rows: rides(10), key: ['ride_id'], chunkRows: 10 }, async (source) => {
        assert.equal(await source.fingerprint(), await source.fingerprint());
      });
    });

    if (kind.isOrdered) {
      it('comes in the order of its key, rows without one last', async () => {
        const rows = rides(500).map((ride, index) =>
          index % 50 === 3 ? { ...ride, ride_id: null as unknown as string } : ride,
        );
        await using({ rows, key: ['ride_id'], chunkRows: 32 }, async (source) => {
          const whole = await readAll(source);
          const ids = whole.rows.map((row) => row.ride_id);
          const named = ids.filter((id) => id !== null);
          assert.deepEqual(named, named.toSorted());
          assert.deepEqual(ids.slice(named.length), new Array(10).fill(null));
          for (const { next, rows: done } of whole.stops) {
            assert.deepEqual((await readAll(source, next)).rows, whole.rows.slice(done));
          }
        });
      });

      it('finds rows by their keys', async () => {
        const rows = rides(50);
        for (const key of [['ride_id'], ['ride_id', 'passengers']]) {
          await using({ rows, key, chunkRows: 10 }, async (source) => {
            const wanted = [rows[3], rows[17]].map((ride) => key.map((name) => ride?.[name as keyof Ride]));
            const found = await source.find?.(wanted);
            assert.deepEqual(found?.map((row) => row.ride_id).sort(), [rows[3]?.ride_id, rows[17]?.ride_id].sort());
          });
        }
      });

      it('cuts a window out, at its first instant and before its last', async () => {
        const span: Span = {
          from: Date.UTC(2026, 10, 1, 1),
          to: Date.UTC(2026, 10, 1, 2),
          zone: 'America/New_York',
        };
        await using({ rows: rides(200), key: ['ride_id'], chunkRows: 100, span }, async (source) => {
          const { rows: read } = await readAll(source);
          assert.equal(read.length, 60);
          assert.equal(plain(read[0] ?? {}).pickup, '2026-11-01T01:00:00.000Z');
        });
      });

      it('says which column is missing when the key is not there', async () => {
        await using({ rows: rides(5), key: ['rideid'], chunkRows: 10 }, async (source) => {
          await assert.rejects(readAll(source), (error: unknown) => {
            assert.ok(error instanceof MillraceError);
            assert.equal(error.code, 'BAD_SOURCE');
            assert.match(error.message, /rideid.*Is it ride_id\?/);
            return true;
          });
        });
      });
    }
  });
};
