/** The port of this folder: which runs there are, what they have done, and who is at work on them. Any number of processes share one. */
import type { Problem } from '../../../core/errors.ts';
import type { SpanProfile } from '../../../monitor/profiles/profiles.ts';
import type { Cause, Plan, Reject, Run, ShardEntry, Status, Summary } from '../types.ts';

/** What is known of a run before it begins. */
export type NewRun = Pick<
  Run,
  | 'id'
  | 'deployment'
  | 'scope'
  | 'slot'
  | 'kind'
  | 'parent'
  | 'window'
  | 'cause'
  | 'ref'
  | 'model'
  | 'version'
  | 'digest'
  | 'settings'
>;

/** What came of wanting to do a slot. */
export type Claim =
  /** The run is this owner's now. `drops` are runs whose staged rows nobody will need any more. */
  | { readonly what: 'begun' | 'continued'; readonly run: Run; readonly drops: readonly string[] }
  | { readonly what: 'done'; readonly run: Run }
  | { readonly what: 'busy'; readonly run: Run };

export interface ListOptions {
  readonly deployment?: string | undefined;
  readonly status?: Status | undefined;
  readonly limit: number;
}

export interface Ledger {
  /**
   * Takes a slot: begins a run, or goes on with the one that a process left half done. A finished slot is left alone
   * unless `force`; one in which another process is at work always is.
   */
  claim(wanted: NewRun, owner: string, force: boolean): Promise<Claim>;
  /** Says that the owner is alive. Resolves to `lost` when the run is another's, or was cancelled. */
  beat(run: string, owner: string): Promise<'kept' | 'lost' | 'cancelled'>;
  /** Lets others have the run at once. */
  release(run: string, owner: string): Promise<void>;
  pin(run: string, plan: Plan): Promise<void>;
  /** In order, without gaps. */
  shards(run: string): Promise<readonly ShardEntry[]>;
  /** Enters a shard, and with it what was counted of its rows: both once, however often it is told. */
  addShard(run: string, shard: number, entry: ShardEntry, counted?: SpanProfile): Promise<void>;
  clearShards(run: string): Promise<void>;
  /** Keeps the rejects of a shard, in place of those of an earlier attempt at it. */
  keepRejects(run: string, shard: number, rejects: readonly Reject[]): Promise<void>;
  /** Pages of rejects, in the order of the source. */
  rejects(run: string, options: { readonly unresolved: boolean }): AsyncIterable<readonly Reject[]>;
  /** Marks the rejects of `parent` that the retry `run` has scored: all those taken up whose keys it did not reject again. */
  resolveRejects(parent: string, run: string): Promise<void>;
  end(
    run: string,
    owner: string,
    status: Exclude<Status, 'running'>,
    summary: Summary,
    problem?: Problem,
  ): Promise<void>;
  reacted(run: string, count: number): Promise<void>;
  /** Asks whoever is at work to stop; a run of nobody is cancelled at once. @throws MillraceError UNKNOWN_RUN, RUN_BUSY */
  cancel(run: string, who: string): Promise<{ readonly run: Run; readonly at: 'once' | 'its next step' }>;
  /** By its id or the first characters of it. @throws MillraceError UNKNOWN_RUN */
  find(id: string): Promise<Run>;
  /** The newest first. */
  list(options: ListOptions): Promise<readonly Run[]>;
  /** The run that stands for a slot. */
  slot(deployment: string, slot: string): Promise<Run | undefined>;
  /** The last run of the deployment that finished, before `run` where that is given. */
  lastFinished(deployment: string, before?: string): Promise<Run | undefined>;
  /** When the last run of this cause began for the deployment. */
  lastStarted(deployment: string, causes: readonly Cause[]): Promise<Run | undefined>;
}
