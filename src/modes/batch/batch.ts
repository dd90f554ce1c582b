/** The port of this folder: batch as the command line and `up` see it. */
import type { Problem } from '../../core/errors.ts';
import type { BatchDeployment } from './deployment.ts';
import type { Ledger, ListOptions } from './ledger/ledger.ts';
import type { Reacted } from './react.ts';
import type { Rehearsal } from './rehearse.ts';
import type { RunEvent, RunOutcome } from './run.ts';
import type { Cause, Reject, Run } from './types.ts';
import type { Window } from './window.ts';

export type BatchEvent = RunEvent | { readonly what: 'reacted'; readonly reacted: Reacted };

/** How a run is done, whatever it is of. */
export interface RunManner {
  readonly force?: boolean | undefined;
  readonly cause?: Cause | undefined;
  readonly slot?: string | undefined;
  readonly threaded?: boolean | undefined;
  readonly signal: AbortSignal;
  readonly onEvent?: ((event: BatchEvent) => void) | undefined;
}

export interface RunRequest extends RunManner {
  readonly deployment: string;
  /** A window as a person names it; only for deployments that have windows. */
  readonly window?: string | undefined;
  /** A reference to a version that answers the same rows, of which only is kept how it differs. */
  readonly shadow?: string | undefined;
}

export interface BackfillRequest extends Omit<RunManner, 'slot' | 'force'> {
  readonly deployment: string;
  readonly from: string;
  readonly to: string;
  readonly only: 'missing' | 'failed' | 'all';
  readonly concurrency: number;
  /** Only says which windows there are. */
  readonly dryRun: boolean;
  /** Windows that are not over yet, in order; at least one. */
  readonly onLeftOut?: ((windows: readonly Window[]) => void) | undefined;
  readonly onWindow?: ((done: WindowDone) => void) | undefined;
}

export interface WindowDone {
  readonly window: string;
  readonly what: 'to do' | 'finished' | 'done' | 'failed';
  readonly run?: Run | undefined;
  readonly problem?: Problem | undefined;
}

export interface ReportPaths {
  readonly html: string;
  readonly json: string;
}

export type Performed = RunOutcome & { readonly report: ReportPaths; readonly reacted: readonly Reacted[] };

export interface BatchDeployments {
  readonly names: readonly string[];
  /** @throws MillraceError BAD_PROJECT */
  deployment(name: string): BatchDeployment;
  /** @throws MillraceError USAGE for a window that is not over; what runs throw. */
  run(request: RunRequest): Promise<Performed>;
  /** A window, or without one all of the source. */
  perform(deployment: BatchDeployment, window: Window | undefined, manner: RunManner): Promise<Performed>;
  rehearse(request: Pick<RunRequest, 'deployment' | 'window' | 'force'>): Promise<Rehearsal>;
  /** Windows that are not over are left out. @throws MillraceError USAGE where that is all of them. */
  backfill(request: BackfillRequest): Promise<readonly WindowDone[]>;
  /** Scores what a finished run rejected again. @throws MillraceError USAGE for a run that is not finished. */
  retryRejects(run: string, manner: RunManner): Promise<Performed>;
  list(options: ListOptions): Promise<readonly Run[]>;
  find(id: string): Promise<Run>;
  cancel(id: string): ReturnType<Ledger['cancel']>;
  rejects(id: string, options: { readonly unresolved: boolean }): Promise<AsyncIterable<readonly Reject[]>>;
  reportOf(run: Run): ReportPaths;
  ledger(): Promise<Ledger>;
}
