/** Parquet, through DuckDB. */
import type { FormatModule } from './format.ts';
import { readParquet } from './parquet-reader.ts';
import { writeParquet } from './parquet-writer.ts';

export const parquet: FormatModule = {
  read: readParquet,
  write: (target, { columns }) => writeParquet(target, columns),
};
