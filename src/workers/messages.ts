/** What a pool and its workers tell each other. */
import type { Problem } from '../core/errors.ts';
import type { Answer, ColumnAnswers, ColumnInput, Scorer, Timings } from '../core/types.ts';
import type { Package } from '../package/layout.ts';

/** What a scorer is asked, rows or columns. */
export type Asked =
  | { readonly rows: readonly unknown[]; readonly coerce: boolean | undefined }
  | { readonly columns: Readonly<Record<string, ColumnInput>>; readonly coerce: boolean | undefined };

/** `call` numbers what is asked: code of a package could send messages of its own, which answer nothing. */
export type ToWorker = { readonly call: number } & ({ readonly load: Package } | { readonly ask: Asked });

export type FromWorker = { readonly call: number } & (
  | /** Loaded; `memoryBytes` is what the process takes by now. */ {
      readonly ready: Scorer['graph'];
      readonly memoryBytes: number;
    }
  | { readonly answers: readonly Answer[] | ColumnAnswers; readonly timings: Timings }
  | /** Of what was asked: to load, or to score. */ { readonly problem: Problem }
);

/** Where a watchdog says that its process takes too much memory, whatever else the process does then. */
export const watchdogPipe = 4;

/** What a worker is started with, and its watchdog too. */
export interface Watched {
  /** The process whose end ends the worker. */
  readonly parent: number;
  /** Bytes of memory that the process may take. */
  readonly memoryBytes: number;
}
