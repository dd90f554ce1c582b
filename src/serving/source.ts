import type { Scorer } from '../core/types.ts';
import type { Package } from '../package/layout.ts';

/** Where packages come from; who serves them knows no registry and no disk. */
export interface ModelSource {
  /** The package that a reference means. @throws BAD_REF, UNKNOWN_MODEL, UNKNOWN_VERSION, EMPTY_ENVIRONMENT, DAMAGED_PACKAGE, STORE_FAILED */
  open(ref: string): Promise<Package>;
  /**
   * Proves it in another process, with limits of time and memory; gives up when the signal is aborted. Where it is missing,
   * the examples are checked only where it is put to work.
   *
   * @throws BAD_MODEL, EXAMPLE_OFF
   */
  prove?(found: Package, options: { readonly signal: AbortSignal }): Promise<void>;
  /** Makes it ready to score; gives up when the signal is aborted. @throws BAD_MODEL, BAD_TRANSFORM */
  load(found: Package, signal: AbortSignal): Promise<Scorer>;
  /** What a reference that may move means now, cheaply; undefined for one that never moves. @throws as `open` */
  resolve?(ref: string): Promise<{ readonly version: string; readonly digest: string } | undefined>;
}
