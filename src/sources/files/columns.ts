/** The columns that the files of a source have. */
import { fail } from '../../core/errors.ts';
import type { ColumnInput } from '../../core/types.ts';
import { readTable } from '../../files/index.ts';
import { record, type TableChunk } from '../../files/table.ts';
import type { SourceFile } from './listing.ts';

/** Of all files together. */
export interface AllColumns {
  readonly types: Readonly<Record<string, string>>;
  /** Columns that some file lacks, and the first that does. */
  readonly lacking: Readonly<Record<string, string>>;
}

/** Looks at the first row of each file that has any. */
export const survey = async (files: readonly SourceFile[]): Promise<AllColumns> => {
  const types = record<string>();
  const each: { readonly shown: string; readonly types: Readonly<Record<string, string>> }[] = [];
  for (const { path, format, shown, isEmpty } of files) {
    if (isEmpty) continue;
    for await (const chunk of readTable(path, { format, chunkRows: 1, wanted: [] })) {
      for (const [name, type] of Object.entries(chunk.types)) types[name] ??= type;
      each.push({ shown, types: chunk.types });
      break;
    }
  }
  const lacking = record<string>();
  for (const name of Object.keys(types)) {
    const without = each.find((one) => !Object.hasOwn(one.types, name));
    if (without) lacking[name] = without.shown;
  }
  return { types, lacking };
};

/** A chunk with all the columns that there are, in one order; those that it lacks have no values. */
export const filled = (
  chunk: TableChunk,
  { types: all }: AllColumns,
  wanted: readonly string[] | undefined,
): TableChunk => {
  const columns = record<ColumnInput>();
  const types = record<string>();
  for (const [name, type] of Object.entries(all)) {
    const has = Object.hasOwn(chunk.types, name);
    types[name] = has ? chunk.types[name] : type;
    if (Object.hasOwn(chunk.columns, name)) columns[name] = chunk.columns[name];
    else if (!has && (wanted?.includes(name) ?? true)) columns[name] = new Array<null>(chunk.rows).fill(null);
  }
  return { ...chunk, columns, types };
};

/** @throws MillraceError BAD_SOURCE for a file whose columns are not those of the first. */
export const checkAlike = (first: readonly string[], chunk: TableChunk, file: SourceFile, leader: SourceFile): void => {
  const names = Object.keys(chunk.types);
  const odds = [
    ...first.filter((name) => !names.includes(name)).map((name) => `lacks ${name}`),
    ...names.filter((name) => !first.includes(name)).map((name) => `has ${name} more`),
  ];
  if (odds.length === 0) return;
  throw fail('BAD_SOURCE', `${file.shown} ${odds.join(', ')}, unlike ${leader.shown}`, {
    expected: first.join(', '),
    got: names.join(', '),
  });
};
