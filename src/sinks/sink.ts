/**
 * The port of this folder: where answers go. A run stages its rows shard by shard, each with its entry in one act, and
 * publishes them all at once: whoever reads sees a run whole or not at all.
 */
import type { ColumnSpec, Rows } from '../files/table.ts';
import type { RowPlace } from '../sources/place.ts';

export interface SinkShape {
  /** Every column of the output, in order; rows need not hold those that are constant. */
  readonly columns: readonly ColumnSpec[];
  /** Those that tell rows apart. */
  readonly key: readonly string[];
}

export interface SinkRunInfo {
  readonly id: string;
  readonly deployment: string;
  /** What part of the deployment's output the run makes: a window, or all of it. Runs of one scope replace each other. */
  readonly scope: string;
  readonly model: string;
  readonly version: string;
  readonly digest: string;
}

export interface SinkMaker extends Pick<SinkRunInfo, 'deployment'> {
  /** The user has said that what is there may be replaced, whoever made it. */
  readonly isForced: boolean;
}

/** What a shard's ledger says of it, as JSON. The sink keeps it with the rows and gives it back. */
export type SinkEntry = Readonly<Record<string, unknown>>;

export interface ShardWriter {
  write(rows: Rows): Promise<void>;
  /** Rows and entry are there when this resolves, both of them, or neither is. */
  commit(entry: SinkEntry): Promise<void>;
  /** Leaves no trace. Safe after a failure. */
  abort(): Promise<void>;
}

export interface SinkRun {
  /** True when the run's rows are where readers look. */
  isPublished(): Promise<boolean>;
  /** Entries of the shards that are staged, by shard. */
  committed(): Promise<ReadonlyMap<number, SinkEntry>>;
  shard(index: number): Promise<ShardWriter>;
  /**
   * In one step the run's rows take the place of those of earlier runs of the same scope, or are added to them. Again is
   * harmless.
   *
   * @throws MillraceError DUPLICATE_KEY where the sink can tell; then nothing has changed.
   */
  publish(how: 'replace' | 'add', rows: number): Promise<void>;
  /** Keeps what is staged under a name that says that it is not all, and resolves to that name. */
  setAside(): Promise<string>;
}

/** @throws MillraceError (every method) BAD_SINK, STORE_FAILED, DISK_FULL. */
export interface Sink {
  /** What it is called in messages. */
  readonly name: string;
  /** True when each column holds values of its type only, so that rows must be checked first. */
  readonly isTyped: boolean;
  readonly place: RowPlace;
  /**
   * Looks whether answers of this shape can be written by a deployment; changes nothing.
   *
   * @throws MillraceError FILE_EXISTS for a file that the deployment did not make, unless it is to be replaced.
   */
  check(shape: SinkShape, by: SinkMaker): Promise<void>;
  /** Makes ready for a run, a new one or one that goes on. */
  open(run: SinkRunInfo, shape: SinkShape): Promise<SinkRun>;
  /** Removes what is staged for a run. Harmless when there is nothing. */
  drop(run: string): Promise<void>;
  /** Rows written at once, each taking the place of the one of its key; absent where a sink cannot. */
  readonly upsert?: (shape: SinkShape, rows: Rows) => Promise<void>;
  close(): Promise<void>;
}
