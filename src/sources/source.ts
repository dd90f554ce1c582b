/** The port of this folder: rows that are read in one order, from the start or from where a reader stopped. */
import type { Fields, Row } from '../core/types.ts';
import type { Cells, TableChunk } from '../files/table.ts';
import type { RowPlace } from './place.ts';

/** Where a read goes on, as JSON; only the source that made it can read it. */
export type SourcePosition = Readonly<Record<string, unknown>>;

export interface SourceChunk extends TableChunk {
  /** The position behind this chunk. */
  readonly next: SourcePosition;
  /** Columns that not every part of the source has, and one part that lacks each; their values are missing there. */
  readonly lacking?: Readonly<Record<string, string>>;
  /** What a person should know of what came before it, such as files without rows that were stepped over. */
  readonly notes?: readonly string[];
  /** The name of a row, for sources without a key: the same in every read as long as the source is the same. */
  rowKey(row: number): string;
}

/** An extract of time, as ms since the epoch: from (inclusive) to (exclusive), and the zone that it was cut in. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly zone: string;
}

/** @throws MillraceError (every method) BAD_SOURCE, FILE_NOT_FOUND, BAD_FILE, STORE_FAILED. */
export interface Source {
  /** What it is called in messages. */
  readonly name: string;
  readonly cells: Cells;
  /** True when rows come in the order of their key, so that two of one key are neighbours. */
  readonly isOrdered: boolean;
  /** What tells that it is still the same: a run that goes on with another one would mix two. */
  fingerprint(): Promise<string>;
  /**
   * All rows behind a position, always in the same order. The first chunk comes even when there are none, so that the
   * columns are known; rows count from the start of the source, whatever the position. `wanted` are columns whose values
   * will be looked at, all unless given; others may come only as they are stored.
   */
  read(from?: SourcePosition, wanted?: readonly string[]): AsyncIterable<SourceChunk>;
  /** The rows of these keys as they are now; absent where rows cannot be found by key. Values are as in JSON. */
  readonly find?: (keys: readonly (readonly unknown[])[]) => Promise<readonly Row[]>;
  /** A chunk as the fields of a model want it; absent where its values mean what they are. */
  readonly fit?: ((chunk: TableChunk, fields: Fields) => TableChunk) | undefined;
  /** Whether its rows come from where answers are to go, so that a run would read what runs write. */
  reads(sink: RowPlace): Promise<boolean>;
  close(): Promise<void>;
}
