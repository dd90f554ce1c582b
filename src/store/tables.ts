import type { Generated } from 'kysely';
import type { BatchRejectRow, BatchRunRow, BatchShardRow, BatchSlotRow } from './batch-tables.ts';
import type { AccessKeyRow } from './key-tables.ts';
import type { KeyedPredictionRow, LabelFeedRow, LabelKeyRow, ToldLabelRow } from './label-tables.ts';
import type {
  RolloutBetRow,
  RolloutCountRow,
  RolloutLabelledRow,
  RolloutMeasureRow,
  RolloutMoveRow,
  RolloutOutcomeRow,
  RolloutRow,
} from './rollout-tables.ts';
import type { ApprovalRow, VerdictRow } from './verdict-tables.ts';

/**
 * Every table of the store, the same in SQLite and PostgreSQL. Times are ISO 8601 UTC text of 24 characters
 * (`2026-11-01T12:00:00.000Z`), so that text order is time order; JSON is text; booleans are 0 and 1.
 */
export interface Tables {
  readonly migrations: MigrationRow;
  readonly blobs: BlobRow;
  readonly blob_chunks: BlobChunkRow;
  readonly models: ModelRow;
  readonly versions: VersionRow;
  readonly version_blobs: VersionBlobRow;
  readonly history: HistoryRow;
  readonly signatures: SignatureRow;
  readonly verdicts: VerdictRow;
  readonly approvals: ApprovalRow;
  readonly batch_runs: BatchRunRow;
  readonly batch_slots: BatchSlotRow;
  readonly batch_shards: BatchShardRow;
  readonly batch_rejects: BatchRejectRow;
  readonly served: ServedRow;
  readonly recorded: RecordedRow;
  readonly predictions: PredictionRow;
  readonly labels: LabelRow;
  readonly profiles: ProfileRow;
  readonly watches: WatchRow;
  readonly judged: JudgedRow;
  readonly alerts: AlertRow;
  readonly accepted: AcceptedRow;
  readonly alert_messages: AlertMessageRow;
  readonly label_keys: LabelKeyRow;
  readonly keyed_predictions: KeyedPredictionRow;
  readonly told_labels: ToldLabelRow;
  readonly label_feeds: LabelFeedRow;
  readonly performances: PerformanceRow;
  readonly rollouts: RolloutRow;
  readonly rollout_moves: RolloutMoveRow;
  readonly rollout_counts: RolloutCountRow;
  readonly rollout_bets: RolloutBetRow;
  readonly rollout_measures: RolloutMeasureRow;
  readonly rollout_labelled: RolloutLabelledRow;
  readonly rollout_outcomes: RolloutOutcomeRow;
  readonly access_keys: AccessKeyRow;
}

export interface MigrationRow {
  readonly name: string;
  readonly at: string;
}

export interface BlobRow {
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly at: string;
}

export interface BlobChunkRow {
  readonly digest: string;
  /** From 0, without gaps. */
  readonly ordinal: number;
  readonly bytes: Uint8Array;
}

export interface ModelRow {
  readonly name: string;
  /** Taken by whoever is about to move one of its environments: writing this row is the lock that puts moves in one line. */
  readonly turn: number;
}

/** Rows never change and never go. */
export interface VersionRow {
  readonly name: string;
  readonly version: string;
  /** Of the package's OCI manifest. */
  readonly digest: string;
  /** `model.json` as text. */
  readonly manifest: string;
  /** Bytes of all its blobs. */
  readonly size: number;
  readonly registered_at: string;
  readonly registered_by: string;
  readonly why: string | null;
}

export interface VersionBlobRow {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly size: number;
}

/** Where the environments pointed, ever: rows never change and never go. The last one of an environment is its pointer. */
export interface HistoryRow {
  readonly id: Generated<number>;
  readonly name: string;
  readonly environment: string;
  readonly action: 'promote' | 'rollback';
  readonly from_version: string | null;
  readonly to_version: string;
  readonly who: string;
  readonly why: string | null;
  readonly at: string;
}

/** Somebody has signed a package. Rows never change and never go. */
export interface SignatureRow {
  readonly id: Generated<number>;
  /** Of the package. */
  readonly digest: string;
  /** DSSE, as text. */
  readonly envelope: string;
}

/** What predictions came from: one row, however many they are. */
export interface ServedRow {
  readonly id: Generated<number>;
  /** The deployment that answered, or the reference that was served. */
  readonly deployment: string;
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  /** What it was to the rows that it answered. */
  readonly variant: string;
  /** The rollout within which it answered; empty outside of one. */
  readonly experiment: string;
}

/** What is kept of one prediction. Rows never change; the oldest ones go when there are more than shall be kept. */
export interface RecordedRow {
  readonly seq: Generated<number>;
  readonly id: string;
  readonly at: string;
  /** Its row in `served`. */
  readonly served: number;
  /** One row as JSON, exact to the last bit: an infinity is 1e999. */
  readonly input: string;
  /** 1 when numbers, booleans and dates were read from texts too. */
  readonly coerced: number;
  /** The answer as JSON, exact as `input` is; null when the row was refused. */
  readonly output: string | null;
  /** The problem of a refused row as JSON. */
  readonly error: string | null;
  /** Milliseconds that the call took which had this row. */
  readonly ms: number;
}

/** A view: what is recorded, each with what served it. */
export type PredictionRow = Omit<RecordedRow, 'served'> & Omit<ServedRow, 'id'>;

/** What a prediction should have been, as somebody came to know later. The last one of an id counts. */
export interface LabelRow {
  readonly seq: Generated<number>;
  /** Of the prediction. */
  readonly id: string;
  readonly at: string;
  /** Fields of the output as JSON. */
  readonly truth: string;
}

/** What was answered in a span of time, counted. There may be several rows of one span, each of other calls. */
export interface ProfileRow {
  readonly seq: Generated<number>;
  /** What has answered: its row in `served`. */
  readonly served: number;
  readonly span: 'minute' | 'hour' | 'day';
  /** When the span began. */
  readonly at: string;
  readonly row_count: number;
  /** Those of them that were refused. */
  readonly refused: number;
  /** JSON: `inputs` and `outputs`. */
  readonly profile: string;
  /** JSON; null of what was counted before this was asked. */
  readonly traffic: string | null;
}

/** How far the windows of a deployment are judged: who writes this row judges, and others come after. */
export interface WatchRow {
  readonly deployment: string;
  /** The end of the last window. */
  readonly judged_until: string;
  /** What the next window is judged with, besides its rows. */
  readonly memory: string | null;
}

/** What a watch found in a window: rows never change. */
export interface JudgedRow {
  readonly deployment: string;
  readonly window_from: string;
  readonly window_to: string;
  readonly at: string;
  /** JSON: what was judged of which version, and what was found. */
  readonly judged: string;
}

/** One problem for as long as it lasts. */
export interface AlertRow {
  readonly id: string;
  readonly fingerprint: string;
  readonly deployment: string;
  readonly status: 'firing' | 'resolved';
  readonly started_at: string;
  /** All of it as JSON. */
  readonly alert: string;
}

/** What somebody has said to be the new normal: rows never change and never go. */
export interface AcceptedRow {
  readonly seq: Generated<number>;
  readonly deployment: string;
  /** Of the package whose answers it is made of: of others it says nothing. */
  readonly digest: string;
  readonly at: string;
  readonly by_whom: string;
  readonly why: string;
  readonly window_from: string;
  readonly window_to: string;
  /** JSON: rows, inputs and outputs. */
  readonly profile: string;
}

/** What a channel is still to be told, or was. */
export interface AlertMessageRow {
  readonly id: string;
  readonly channel: string;
  readonly at: string;
  /** JSON. */
  readonly message: string;
  readonly tries: number;
  /** Not before; a process that takes a message moves this on. null when it has arrived or was given up. */
  readonly due_at: string | null;
  readonly arrived_at: string | null;
  /** The last problem as JSON. */
  readonly problem: string | null;
  /** Of a reaction that was carried out: what came of it, as JSON. */
  readonly outcome: string | null;
}

/** How right a deployment was in a window, as far as labels had come. */
export interface PerformanceRow {
  readonly deployment: string;
  readonly window_from: string;
  readonly window_to: string;
  readonly at: string;
  /** When alarms were raised of it, or not; null while its labels are not there yet. */
  readonly judged_at: string | null;
  /** JSON. */
  readonly performance: string;
}
