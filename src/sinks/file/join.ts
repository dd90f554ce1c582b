/** Files of one format and the same columns become one, in order. */
import { open } from 'node:fs/promises';
import { csvHeader } from '../../files/csv.ts';
import type { ColumnSpec, Format } from '../../files/table.ts';
import { joinParquet } from './parquet-join.ts';

const BLOCK = 4 * 1024 * 1024;

/** Appends the bytes of `paths`, without the first `skip` of each but the first one. */
const joinBytes = async (paths: readonly string[], target: string, skip: number): Promise<void> => {
  const out = await open(target, 'w');
  try {
    const block = Buffer.allocUnsafe(BLOCK);
    for (const [index, path] of paths.entries()) {
      const file = await open(path);
      try {
        for (let position = index === 0 ? 0 : skip; ; ) {
          const { bytesRead } = await file.read(block, 0, BLOCK, position);
          if (bytesRead === 0) break;
          // Unlike `write`, which takes what still fits on a disk that is nearly full and says nothing of the rest.
          await out.appendFile(block.subarray(0, bytesRead));
          position += bytesRead;
        }
      } finally {
        await file.close();
      }
    }
  } finally {
    await out.close();
  }
};

/** Writes `target` anew, out of files that have these columns. @throws MillraceError BAD_FILE for Parquet files that have others. */
export const joinFiles = (
  format: Format,
  paths: readonly string[],
  columns: readonly ColumnSpec[],
  target: string,
  csvSafe = false,
): Promise<void> => {
  if (format === 'parquet') return joinParquet(paths, target);
  return joinBytes(paths, target, format === 'csv' ? Buffer.byteLength(csvHeader(columns, csvSafe)) : 0);
};
