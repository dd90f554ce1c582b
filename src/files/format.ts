import type { ByteSource, Target } from './place.ts';
import type { ColumnSpec, TableChunk, TableWriter } from './table.ts';

export interface ReadSettings {
  readonly chunkRows: number;
  /** Columns whose values will be looked at; all unless given. Others may come only as they are stored. */
  readonly wanted?: readonly string[] | undefined;
  /** Columns that are read at all, where a format can leave the others where they are: `types` names all. All unless given. */
  readonly only?: readonly string[] | undefined;
}
export interface WriteSettings {
  /** The columns of the file, in order. JSON and NDJSON write what they are given instead, since each row may differ. */
  readonly columns: readonly ColumnSpec[];
  /** In CSV, texts that a spreadsheet would take for formulas get an apostrophe before them. */
  readonly csvSafe?: boolean | undefined;
}

/** One file per format implements this, and has a row in index.ts. */
export interface FormatModule {
  read(source: ByteSource, settings: ReadSettings): AsyncIterable<TableChunk>;
  write(target: Target, settings: WriteSettings): Promise<TableWriter>;
}
