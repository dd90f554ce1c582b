/** What the parts of this mode say to each other. */
import type { Problem } from '../../core/errors.ts';
import type { ColumnSpec } from '../../files/table.ts';
import type { Bins, Profile } from '../../monitor/profile/profile.ts';
import type { SourcePosition } from '../../sources/source.ts';
import type { ShadowCounts } from './shadow-counts.ts';

/** What made a run begin. */
export type Cause = 'hand' | 'schedule' | 'catch-up' | 'backfill';
export type Status = 'running' | 'finished' | 'failed' | 'cancelled';

/** Milliseconds of wall time that a run waited for each. */
export interface Waits {
  readonly read: number;
  readonly score: number;
  readonly write: number;
}

/** One shard as the ledger and the sink keep it. */
export interface ShardEntry {
  readonly rows_in: number;
  readonly rows_out: number;
  readonly rows_rejected: number;
  /** By the code of the first problem. */
  readonly rejected: Readonly<Record<string, number>>;
  /** The same by code and field, as traffic has them; runs of before did not count that. */
  readonly refusals?: Readonly<Record<string, number>> | undefined;
  /** Where the next shard begins. */
  readonly next: SourcePosition;
  /** Texts of the last key, where rows come in its order. */
  readonly last_key?: readonly string[] | undefined;
  readonly inputs: Profile;
  readonly outputs: Profile;
  readonly waits: Waits;
  /** Where a shadow answered its rows, too. */
  readonly shadow?: ShadowCounts | undefined;
  /** Only of the first: what all shards count on. */
  readonly bins?: { readonly inputs: Bins; readonly outputs: Bins } | undefined;
}

/** What is settled by the first rows of a run, and holds until it ends. */
export interface Plan {
  /** Every column of the output. */
  readonly columns: readonly ColumnSpec[];
  readonly key: readonly string[];
  /** Columns of the source that are written as they are, the key's among them. */
  readonly carried: readonly ColumnSpec[];
  /** Output fields, and the columns that they are written to. */
  readonly answers: readonly { readonly field: string; readonly column: string }[];
  /** The columns of the source when the run began. */
  readonly source: Readonly<Record<string, string>>;
  readonly fingerprint: string;
}

/** A run as others see it. */
export interface Run {
  readonly id: string;
  readonly deployment: string;
  readonly scope: string;
  readonly slot: string;
  readonly kind: 'run' | 'retry';
  readonly parent?: string | undefined;
  readonly window?: { readonly from: string; readonly to: string } | undefined;
  readonly cause: Cause;
  readonly status: Status;
  readonly ref: string;
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  readonly settings: string;
  readonly plan?: Plan | undefined;
  readonly owner?: string | undefined;
  readonly lease_until: string;
  readonly started_at: string;
  readonly finished_at?: string | undefined;
  readonly rows_in: number;
  readonly rows_out: number;
  readonly rows_rejected: number;
  readonly problem?: Problem | undefined;
  readonly summary?: Summary | undefined;
  readonly reacted: number;
}

/** What is told of a finished run: in reports, to reactions, by the command line. */
export interface Summary {
  readonly run: string;
  readonly deployment: string;
  readonly scope: string;
  readonly status: Status;
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  readonly started_at: string;
  readonly finished_at: string;
  readonly rows_in: number;
  readonly rows_out: number;
  readonly rows_rejected: number;
  readonly rejected: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly rows_per_second: number;
  readonly waits: Waits;
  readonly shards: number;
  readonly inputs: Profile;
  readonly outputs: Profile;
  readonly bins: { readonly inputs: Bins; readonly outputs: Bins };
  readonly sink: string;
  readonly source: string;
  readonly shadow?: ShadowCounts | undefined;
  readonly problem?: Problem | undefined;
}

/** A rejected row as it is kept. */
export interface Reject {
  readonly row: number;
  readonly key: readonly unknown[];
  readonly problem: Problem;
  readonly input: unknown;
  readonly resolved_by?: string | undefined;
}
