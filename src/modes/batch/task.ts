/** A run with both its ends open, as its three acts are given it. */
import type { Manifest, Scorer } from '../../core/types.ts';
import type { Reference } from '../../monitor/profile/reference.ts';
import type { Sink, SinkRunInfo } from '../../sinks/sink.ts';
import type { Source } from '../../sources/source.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { BatchShadow } from './shadow.ts';
import type { Plan, Run } from './types.ts';

export interface Progress {
  readonly rows: number;
  readonly rejected: number;
  /** How much of the source is done, 0 to 1, where its size is known. */
  readonly share?: number | undefined;
}

export interface Task {
  readonly run: Run;
  /** Who is at work on it. */
  readonly owner: string;
  /** The run whose rejects are scored again. */
  readonly retry: Run | undefined;
  readonly manifest: Manifest;
  readonly reference: Reference | undefined;
  readonly source: Source;
  readonly sink: Sink;
  readonly ledger: Ledger;
  readonly key: readonly string[];
  readonly columns: readonly string[];
  readonly shardRows: number;
  /** A share, from 0 to 1. */
  readonly maxRejected: number;
  /** Chunks that are scored at the same time. */
  readonly depth: number;
  /** Of the run before. */
  readonly before: Plan | undefined;
  /** What is there may be replaced, whoever made it. */
  readonly isForced: boolean;
  /** The scorer of one chunk that leaves records of its rows, by their keys; where none are kept, undefined. */
  readonly leaving: ((scorer: Scorer, keyOf: (row: number) => readonly string[]) => Scorer) | undefined;
  /** A version that answers beside, where one is asked. */
  readonly shadow: BatchShadow | undefined;
  readonly clock: () => Date;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  readonly onNote: (note: string) => void;
  /** Something was committed. */
  readonly onCommit: () => void;
}

/** What a sink is told of a run. */
export const sinkRunOf = ({ id, deployment, scope, model, version, digest }: Run): SinkRunInfo => {
  return { id, deployment, scope, model, version, digest };
};
