/** Tables of batch runs; what their values are, tables.ts says. */

/** One attempt at a part of a deployment's output. A run that was killed goes on under the same id. */
export interface BatchRunRow {
  readonly id: string;
  readonly deployment: string;
  /** The part of the output: a window's label, or `all`. */
  readonly scope: string;
  /** What is done once: the scope, or one tick of the schedule. */
  readonly slot: string;
  readonly kind: 'run' | 'retry';
  /** Of a retry: whose rejects. */
  readonly parent: string | null;
  readonly window_from: string | null;
  readonly window_to: string | null;
  readonly cause: string;
  readonly status: 'running' | 'finished' | 'failed' | 'cancelled';
  /** The reference that the deployment named, and what it meant when the run began. */
  readonly ref: string;
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  /** Digest of the settings that shape the output: a run goes on only under the same. */
  readonly settings: string;
  /** JSON: columns, key, and the source's fingerprint; null until the first rows were seen. */
  readonly plan: string | null;
  /** Which process is at work on it, and until when others keep away; null when none is. */
  readonly owner: string | null;
  readonly lease_until: string;
  readonly cancelled_by: string | null;
  readonly started_at: string;
  readonly finished_at: string | null;
  readonly rows_in: number;
  readonly rows_out: number;
  readonly rows_rejected: number;
  /** JSON. */
  readonly problem: string | null;
  readonly summary: string | null;
  /** Which of the deployment's reactions are done, by bits; -1 when all are. */
  readonly reacted: number;
}

/** The run that stands for a slot: whoever changes this row has the slot. */
export interface BatchSlotRow {
  readonly deployment: string;
  readonly slot: string;
  readonly run: string;
}

export interface BatchShardRow {
  readonly run: string;
  readonly shard: number;
  /** JSON. */
  readonly entry: string;
}

export interface BatchRejectRow {
  readonly run: string;
  readonly shard: number;
  readonly ordinal: number;
  /** Where the row stood in the source, from 1. */
  readonly row_number: number;
  /** JSON: the values of its key. */
  readonly row_key: string;
  readonly code: string;
  /** JSON. */
  readonly problem: string;
  /** JSON: the row as it was read, or the text that could not be read as one. */
  readonly input: string;
  /** The retry that scored it. */
  readonly resolved_by: string | null;
}
