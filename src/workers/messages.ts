/** What a worker, a process of a pool, is asked. */
import type { Answer, ColumnAnswers, ColumnInput, Scorer, Timings } from '../core/types.ts';
import type { Package } from '../package/layout.ts';

/** What a scorer is asked, rows or columns. */
export type Asked =
  | { readonly rows: readonly unknown[]; readonly coerce: boolean | undefined }
  | { readonly columns: Readonly<Record<string, ColumnInput>>; readonly coerce: boolean | undefined };

export interface WorkerAnswers {
  readonly answers: readonly Answer[] | ColumnAnswers;
  readonly timings: Timings;
}

export type WorkerCalls = {
  /** `memoryBytes` is what the process takes by then. */
  readonly load: (found: Package) => Promise<{ readonly graph: Scorer['graph']; readonly memoryBytes: number }>;
  readonly score: (asked: Asked) => Promise<WorkerAnswers>;
};
