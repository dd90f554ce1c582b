/** Tensors of any length through batch: out of every kind of source, into every kind of sink, and out of what was recorded. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it, type TestContext } from 'node:test';
import { stringify } from 'yaml';
import { createApp } from '../../../src/app.ts';
import { openDatabase } from '../../../src/databases/index.ts';
import { createTableWriter, readTable } from '../../../src/files/index.ts';
import { rowAt } from '../../../src/files/scoring.ts';
import { replay } from '../../../src/monitor/replay.ts';
import { exactJson } from '../../../src/text/exact-json.ts';
import { parseJson } from '../../../src/text/json.ts';
import { startPostgres, stopPostgres } from '../../postgres.ts';
import { tempFolder } from '../../temp-folder.ts';
import { lengthsModel, lengthsRows } from '../../tensor-models.ts';

after(stopPostgres);

const inputs = {
  tokens: 'BIGINT[]',
  vectors: 'DOUBLE[][]',
  halves: 'DOUBLE[]',
  flags: 'BOOLEAN[]',
  words: 'VARCHAR[]',
};
const names = Object.keys(inputs);
const outputs = ['twice', 'vectors_twice', 'halves_out', 'flags_out', 'words_out'];

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const cellsOf = (row: string): readonly string[] => {
  const read = parseJson(row) as Readonly<Record<string, unknown>>;
  return names.map((name) => exactJson(read[name]));
};

/** How a table is made of the rows: the types of its columns, and the SQL of a cell of JSON. */
interface Making {
  readonly types: readonly string[];
  readonly cell: (json: string, type: string) => string;
}
const asText: Making = { types: names.map(() => 'text'), cell: quoted };
const asJsonb: Making = { types: names.map(() => 'jsonb'), cell: (json) => `${quoted(json)}::jsonb` };
const asArrays: Making = {
  types: ['bigint[]', 'real[]', 'double precision[]', 'boolean[]', 'text[]'],
  cell(json, type) {
    const literal = json.replaceAll('[', '{').replaceAll(']', '}');
    return `${quoted(literal)}::${type}`;
  },
};

const fillTable = async (url: string, { types, cell }: Making): Promise<void> => {
  const database = await openDatabase(url);
  try {
    await database.run(`create table rows (id text, ${names.map((name, at) => `${name} ${types[at]}`).join(', ')})`);
    for (const { id, row } of lengthsRows) {
      const cells = cellsOf(row).map((json, at) => cell(json, types[at]));
      await database.run(`insert into rows values (${[quoted(id), ...cells].join(', ')})`);
    }
  } finally {
    await database.close();
  }
};

const fillFile = async (path: string): Promise<void> => {
  const columns = [{ name: 'id', type: 'VARCHAR' }, ...Object.entries(inputs).map(([name, type]) => ({ name, type }))];
  const writer = await createTableWriter(path, { columns });
  const rows = lengthsRows.map(({ id, row }) => ({ id, ...(parseJson(row) as object) })) as Record<string, unknown>[];
  const values = Object.fromEntries(columns.map(({ name }) => [name, rows.map((row) => row[name])]));
  await writer.write({ rows: rows.length, columns: values });
  await writer.close();
};

/** A list as JSON, whichever way a sink keeps it. */
const told = (value: unknown): unknown => {
  if (typeof value === 'string') return told(parseJson(value));
  return typeof value === 'bigint' || !ArrayBuffer.isView(value) ? value : Array.from(value as never);
};

const readSink = async (kind: string, url: string, folder: string): Promise<readonly string[]> => {
  const rows: Readonly<Record<string, unknown>>[] = [];
  if (kind === 'sqlite' || kind === 'postgres') {
    const database = await openDatabase(url);
    const texts = outputs.map((name) => `cast(${name} as text) as ${name}`);
    rows.push(...(await database.query(`select ${texts.join(', ')} from scores order by id`)));
    await database.close();
  } else {
    for await (const chunk of readTable(join(folder, `out/scores.${kind}`)))
      for (let row = 0; row < chunk.rows; row++) rows.push(rowAt(chunk, row));
    rows.sort((a, b) => (String(a.id) < String(b.id) ? -1 : 1));
  }
  return rows.map((row) => exactJson(Object.fromEntries(outputs.map((name) => [name, told(row[name])]))));
};

const databases = {
  'sqlite, as text': ['sqlite', asText],
  'postgres, as text': ['postgres', asText],
  'postgres, as jsonb': ['postgres', asJsonb],
  'postgres, as arrays': ['postgres', asArrays],
} as const;
/** So that each kind is a source and a sink. */
const ways = [
  ['sqlite, as text', 'postgres'],
  ['postgres, as text', 'sqlite'],
  ['postgres, as jsonb', 'csv'],
  ['postgres, as arrays', 'parquet'],
  ['parquet', 'ndjson'],
  ['csv', 'postgres'],
  ['ndjson', 'parquet'],
] as const;

const urlOf = async (kind: string, folder: string, name: string): Promise<string> =>
  kind === 'postgres' ? (await startPostgres()).database() : `sqlite:${join(folder, `${name}.db`)}`;

const runFrom = async (t: TestContext, from: string, to: string) => {
  const folder = tempFolder(t);
  const [kind, making] = databases[from as keyof typeof databases] ?? [from, undefined];
  const [warehouse, predictions] = [await urlOf(kind, folder, 'warehouse'), await urlOf(to, folder, 'predictions')];
  if (making) await fillTable(warehouse, making);
  else await fillFile(join(folder, `rows.${kind}`));
  const isTable = to === 'sqlite' || to === 'postgres';
  const rows = {
    mode: 'batch',
    model: lengthsModel(folder),
    source: making ? { connection: 'warehouse', table: 'rows' } : { files: `rows.${kind}` },
    sink: { ...(isTable ? { connection: 'predictions', table: 'scores' } : { file: `out/scores.${to}` }), key: 'id' },
    max_rejected: 1,
    record: 'all',
  };
  writeFileSync(
    join(folder, 'millrace.yaml'),
    stringify({ connections: { warehouse, predictions }, deployments: { rows } }),
  );
  const app = createApp({ cwd: folder, env: { HOME: folder } });
  t.after(() => app.close());
  const batch = await app.batch();
  const performed = await batch.run({ deployment: 'rows', signal: new AbortController().signal });
  const rejects = [];
  for await (const page of await batch.rejects(performed.run.id, { unresolved: true })) rejects.push(...page);
  return {
    app,
    folder,
    run: performed.run,
    rejects,
    answers: await readSink(to, predictions, folder),
    model: rows.model,
  };
};

const answered = lengthsRows.flatMap(({ answer }) => (answer === undefined ? [] : [answer]));

describe('rows of tensors of any length', () => {
  for (const [from, to] of ways)
    it(`come from ${from}, leave their answers in ${to}, and are answered again out of their records`, async (t) => {
      const { app, run, rejects, answers, model } = await runFrom(t, from, to);
      assert.deepEqual(
        rejects.map(({ row, problem: { code, field } }) => [row, code, field]),
        [[3, 'BAD_SHAPE', 'tokens']],
      );
      assert.deepEqual([run.rows_out, run.rows_rejected], [3, 1]);
      assert.deepEqual(answers, answered);
      const [records, scorer] = [await app.records(), await app.scorer(model)];
      t.after(() => scorer.close());
      for (const { id } of lengthsRows) {
        const kept = await records.find(`rows/${run.id}/${id}`);
        assert.ok(kept, `${id} is recorded`);
        const made = await replay(kept, scorer);
        assert.ok(made.same, exactJson(made));
      }
    });
});
