import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createApp } from '../../src/app.ts';
import { MillraceError } from '../../src/core/errors.ts';
import type { Scorer } from '../../src/core/types.ts';
import type { ColumnSpec, Format, TableChunk } from '../../src/files/table.ts';
import { columnsOf, write } from '../contracts/tables.ts';
import { tempFolder } from '../temp-folder.ts';

export const root = join(import.meta.dirname, '..', '..');
export const fixture = (name: string): string => join(root, 'test', 'fixtures', 'models', name);

export type Row = Readonly<Record<string, unknown>>;

export const open = async (t: TestContext, folder: string): Promise<Scorer> => {
  const app = createApp({ cwd: folder, env: { MILLRACE_HOME: join(tempFolder(t), 'home') } });
  const scorer = await app.scorer('.');
  t.after(() => Promise.all([scorer.close(), app.close()]));
  return scorer;
};

/** Writes rows as a file of a format; only Parquet and CSV care for the types. */
export const give = async (folder: string, format: Format, columns: readonly ColumnSpec[], rows: readonly Row[]) => {
  const path = join(folder, `in.${format}`);
  await write(
    path,
    columns,
    columnsOf(
      rows,
      columns.map(({ name }) => name),
    ),
  );
  return path;
};

export const lines = (path: string): readonly Row[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

export const names = (chunks: readonly TableChunk[]): readonly string[] => Object.keys(chunks[0].types);

export const coded =
  (code: string, part: RegExp | string = '') =>
  (error: unknown): boolean => {
    assert.ok(error instanceof MillraceError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, new RegExp(part));
    return true;
  };

export const members: readonly Row[] = [
  { id: 1, country: 'France', score: 0.5, member: true },
  { id: 2, country: 'Japan', score: 0.1, member: false },
  { id: 3, country: 'Åland, "the" islands', score: -1, member: true },
  { id: 4, country: '', score: 1, member: false },
];
