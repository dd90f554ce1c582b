import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../src/databases/index.ts';
import { createTableWriter } from '../src/files/index.ts';
import type { Format } from '../src/files/table.ts';
import { fileSource } from '../src/sources/files/files.ts';
import { sqlSource } from '../src/sources/sql.ts';
import { createTable, type DatabaseKind, databaseKinds } from './contracts/databases.ts';
import { type SourceKind, sourceContract } from './contracts/sources.ts';

const databaseSource = (kind: DatabaseKind): SourceKind => ({
  name: kind.name,
  isOrdered: true,
  async open({ rows, key, chunkRows, span }) {
    const database = await openDatabase(await kind.url(), { zone: span?.zone });
    const { double, instant } = kind.words;
    const stored = rows.map((ride) => ({
      ...ride,
      // As a database of texts writes it, in the zone of the window.
      pickup: instant
        ? ride.pickup
        : database.dialect.instant(Date.parse(ride.pickup), span?.zone ?? 'UTC').slice(1, -1),
    }));
    await createTable(
      database,
      'rides',
      {
        ride_id: 'text',
        zone: 'text',
        distance: double,
        passengers: 'integer',
        shared: 'boolean',
        pickup: instant ?? 'text',
      },
      stored,
    );
    const offset = span ? '-04:00' : '+00:00';
    const select = instant
      ? 'select * from rides'
      : `select ride_id, zone, distance, passengers, shared, pickup || '${offset}' as pickup from rides`;
    const where = span ? 'where pickup >= :from and pickup < :to -- not a :parameter' : '';
    return sqlSource({ database, name: 'the query of warehouse', sql: `${select} ${where};`, key, span, chunkRows });
  },
  remove: kind.remove,
});

const columns = [
  { name: 'ride_id', type: 'VARCHAR' },
  { name: 'zone', type: 'VARCHAR' },
  { name: 'distance', type: 'DOUBLE' },
  { name: 'passengers', type: 'BIGINT' },
  { name: 'shared', type: 'BOOLEAN' },
  { name: 'pickup', type: 'TIMESTAMP WITH TIME ZONE' },
];

/** Rows in `parts` files, found by a glob. */
const filesSource = (format: Format, parts: number): SourceKind => {
  const root = mkdtemp(join(tmpdir(), 'millrace-sources-'));
  let folders = 0;
  return {
    name: `${parts} ${format} file${parts === 1 ? '' : 's'}`,
    isOrdered: false,
    async open({ rows, key, chunkRows, span }) {
      const folder = await mkdtemp(join(await root, `${folders++}-`));
      const size = Math.ceil(rows.length / parts);
      for (let part = 0; part < parts; part++) {
        const some = rows.slice(part * size, (part + 1) * size);
        const writer = await createTableWriter(join(folder, `rides-${part}.${format}`), { format, columns });
        await writer.write({
          rows: some.length,
          columns: Object.fromEntries(columns.map(({ name }) => [name, some.map((row) => row[name as 'ride_id'])])),
        });
        await writer.close();
      }
      const files = parts === 1 ? [`rides-0.${format}`] : [`rides-*.${format}`];
      return fileSource({ files, folder, fillsMissing: false, isKeyless: key.length === 0, span, chunkRows });
    },
    remove: async () => rm(await root, { recursive: true, force: true }),
  };
};

for (const kind of databaseKinds()) sourceContract(databaseSource(kind));
for (const format of ['parquet', 'csv', 'ndjson'] as const) {
  for (const parts of [1, 3]) sourceContract(filesSource(format, parts));
}
