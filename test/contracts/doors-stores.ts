import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Broker } from '../../src/brokers/broker.ts';
import { type Code, problemOf } from '../../src/core/errors.ts';
import type { Scorer } from '../../src/core/types.ts';
import { openDatabase } from '../../src/databases/index.ts';
import { createTableWriter } from '../../src/files/index.ts';
import { makePlan } from '../../src/modes/batch/plan.ts';
import { score } from '../../src/modes/batch/score.ts';
import { predictFile } from '../../src/modes/once/predict-file.ts';
import { prepareStream } from '../../src/modes/stream/deployment.ts';
import { predict } from '../../src/modes/stream/predict.ts';
import { sqlSource } from '../../src/sources/sql.ts';
import { parseJson } from '../../src/text/json.ts';
import { runCli } from '../run-cli.ts';
import type { DatabaseKind } from './databases.ts';
import { type Door, type Seen, seenIn, type Told, type Typed, within } from './door.ts';

/** A file that `predict` reads, and one that it writes. */
export const fileDoors = (scorer: Scorer, folder: string, packed: string): readonly Door[] => {
  const file = async (inputFormat: 'csv' | 'json' | 'ndjson' | 'parquet', path: string | Buffer): Promise<Seen> => {
    const output = join(folder, `${randomUUID()}.ndjson`);
    try {
      const input = typeof path === 'string' ? path : Readable.from([path]);
      const { rejected } = await predictFile({ scorer, input, inputFormat, output, columns: [] });
      const [code] = Object.keys(rejected);
      if (code !== undefined) return { code: code as Code };
      return { is: parseJson(readFileSync(output, 'utf8').split('\n')[0]) as Readonly<Record<string, unknown>> };
    } catch (error) {
      return { code: problemOf(error).code };
    }
  };
  return [
    {
      name: '--row',
      takes: 'json',
      ask: async (row) => {
        const { stdout, stderr } = await runCli(['predict', packed, '--row', row.toString(), '--json'], {
          cwd: folder,
        });
        return seenIn(JSON.parse(stdout || stderr) as Told);
      },
    },
    { name: 'a CSV file', takes: 'csv', ask: (table) => file('csv', table) },
    { name: 'a JSON file', takes: 'json', ask: (row) => file('json', within('[', row, ']')) },
    { name: 'an NDJSON file', takes: 'json', ask: (row) => file('ndjson', within('', row, '\n{"a":1}\n')) },
    {
      name: 'a Parquet file',
      takes: 'column',
      ask: async ({ field, value, type }) => {
        const path = join(folder, `${randomUUID()}.parquet`);
        const writer = await createTableWriter(path, { columns: [{ name: field, type }] });
        await writer.write({ rows: 1, columns: { [field]: [type === 'BIGINT' ? BigInt(String(value)) : value] } });
        await writer.close();
        return file('parquet', path);
      },
    },
  ];
};

const sqlTypes = { DOUBLE: 'double precision', BIGINT: 'bigint', BOOLEAN: 'boolean', VARCHAR: 'text' } as const;

const literalOf = ({ value, type }: Typed, infinity: string): string => {
  if (value === null) return 'null';
  if (type === 'VARCHAR') return `'${String(value).replaceAll("'", "''")}'`;
  if (type !== 'DOUBLE' || Number.isFinite(value)) return Object.is(value, -0) ? "'-0.0'" : String(value);
  return value === Infinity ? infinity : '9e999';
};

/** A table that batch reads: planned and scored as a run does it. */
export const tableDoor = (scorer: Scorer, { name, words, url }: DatabaseKind): Door => ({
  name: `a table of ${name}`,
  takes: 'column',
  ask: async (typed) => {
    const database = await openDatabase(await url());
    try {
      const own = literalOf(typed, words.infinity);
      const literal = own.replaceAll('\0', `' || ${words.character}(0) || '`);
      await database.run(`create table rows (id integer, "${typed.field}" ${sqlTypes[typed.type]})`);
      await database.run(`insert into rows values (1, ${literal})`);
      const sql = 'select * from rows';
      const source = sqlSource({ database, name: 'rows', sql, key: ['id'], span: undefined, chunkRows: 10 });
      const { manifest, digest } = scorer;
      for await (const chunk of source.read()) {
        const about = {
          manifest,
          digest,
          run: 'run',
          source: 'rows',
          cells: source.cells,
          fingerprint: '',
          key: ['id'],
        };
        makePlan({ ...about, columns: [], before: undefined }, chunk);
        const [bad] = chunk.rejects;
        if (bad) return { code: bad.problem.code };
        const { answers } = await score(scorer, chunk, source);
        const problem = answers.errors.get(0);
        if (problem) return { code: problem.code };
        const values = Object.entries(answers.columns).map(([field, column]) => {
          const value = (column as ArrayLike<unknown>)[0];
          return [field, Number.isNaN(value) ? null : value];
        });
        return { is: Object.fromEntries(values) };
      }
      throw new Error('no rows');
    } catch (error) {
      return { code: problemOf(error).code };
    } finally {
      await database.close();
    }
  },
});

/** A topic that a stream reads. */
export const topicDoor = (scorer: Scorer, name: string, broker: Broker): Door => ({
  name: `a topic of ${name}`,
  takes: 'json',
  ask: async (value) => {
    const from = `doors-${randomUUID()}`;
    const deployment = prepareStream('doors', { mode: 'stream', model: 'doors', from, to: `${from}-out` });
    await broker.ensureTopic(from, { partitions: 1 });
    await broker.produce([{ topic: from, key: null, value }]);
    for await (const { events } of broker.read(from, { from: 'earliest', untilEnd: true })) {
      if (events.length === 0) continue;
      const outcome = await predict(events, { deployment, scorer, variant: 'stable', time: new Date(0).toISOString() });
      const [code] = outcome.dead.keys();
      if (code !== undefined) return { code };
      const told = parseJson(Buffer.from(outcome.events[0].value ?? []).toString()) as { data: Told };
      return seenIn(told.data);
    }
    throw new Error('no event came');
  },
});
