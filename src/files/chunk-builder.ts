import type { Problem } from '../core/errors.ts';
import type { BadRow, Place } from './table.ts';

/** The longest piece of a rejected row that is kept. */
const RAW_CHARS = 1000;
/** A chunk of long rows ends early: at this many characters. */
const CHUNK_CHARS = 8 * 1024 * 1024;

/** Collects the rows of one chunk of a text file, good and bad, and knows where each stood. */
export interface ChunkBuilder<T> {
  readonly full: boolean;
  readonly empty: boolean;
  add(row: T, line: number, length: number): void;
  reject(problem: Problem, line: number, raw: string): void;
  /** The rows so far; the builder starts anew. */
  take(): { readonly rows: readonly T[]; readonly rejects: readonly BadRow[]; place(index: number): Place };
}

export const createChunkBuilder = <T>(chunkRows: number): ChunkBuilder<T> => {
  let rows: T[] = [];
  let lines: number[] = [];
  let numbers: number[] = [];
  let rejects: BadRow[] = [];
  let chars = 0;
  let row = 0;
  return {
    get full() {
      return rows.length >= chunkRows || rejects.length >= chunkRows || chars >= CHUNK_CHARS;
    },
    get empty() {
      return rows.length === 0 && rejects.length === 0;
    },
    add(value, line, length) {
      row++;
      rows.push(value);
      lines.push(line);
      numbers.push(row);
      chars += length;
    },
    reject(problem, line, raw) {
      row++;
      rejects.push({ row, line, problem, raw: raw.length > RAW_CHARS ? `${raw.slice(0, RAW_CHARS)}…` : raw });
    },
    take() {
      const chunk = { rows, rejects, places: { lines, numbers } };
      rows = [];
      lines = [];
      numbers = [];
      rejects = [];
      chars = 0;
      const { places } = chunk;
      return {
        rows: chunk.rows,
        rejects: chunk.rejects,
        place: (index) => ({ row: places.numbers[index] ?? 0, line: places.lines[index] ?? 0 }),
      };
    },
  };
};
