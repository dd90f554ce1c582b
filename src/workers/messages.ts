/** What a pool and its workers tell each other. */
import type { Problem } from '../core/errors.ts';
import type { Answer, ColumnAnswers, ColumnInput, Scorer, Timings } from '../core/types.ts';
import type { Package } from '../package/layout.ts';

/** What a scorer is asked, rows or columns. */
export type Asked =
  | { readonly rows: readonly unknown[]; readonly coerce: boolean | undefined }
  | { readonly columns: Readonly<Record<string, ColumnInput>>; readonly coerce: boolean | undefined };

export type ToWorker = { readonly load: Package } | { readonly ask: Asked };

export type FromWorker =
  /** Loaded; `memoryBytes` is what the process takes by now. */
  | { readonly ready: Scorer['graph']; readonly memoryBytes: number }
  | { readonly answers: readonly Answer[] | ColumnAnswers; readonly timings: Timings }
  /** Of what was asked last: to load, or to score. */
  | { readonly problem: Problem };
