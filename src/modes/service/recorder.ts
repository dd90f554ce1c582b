/** What the service needs of whoever keeps records of its answers; it knows no store. */
import type { Answered } from './dataplane.ts';

/** One prediction, its input and output as JSON that is exact to the last bit. */
export interface Kept {
  readonly id: string;
  readonly at: string;
  readonly deployment: string;
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  readonly input: string;
  readonly output?: string | undefined;
  readonly error?: string | undefined;
  readonly ms: number;
  readonly label?: { readonly at: string; readonly truth: string } | undefined;
}

export interface Recorder {
  /**
   * Called after each answered call, before its caller has the answer: it takes microseconds, and never throws. Where answers
   * wait for their records, resolves when it is written. @throws MillraceError STORE_FAILED when it will not be
   */
  record(answered: Answered): Promise<void> | undefined;
  find(id: string): Promise<Kept | undefined>;
  /** Keeps what a prediction should have been. @throws MillraceError NOT_FOUND, BAD_REQUEST */
  label(id: string, truth: unknown): Promise<Kept>;
  readonly figures: {
    readonly written: number;
    /** By reason. */
    readonly dropped: Readonly<Record<string, number>>;
    readonly waitingBytes: number;
    readonly bufferBytes: number;
    /** How often what writes them was started again. */
    readonly restarts: number;
  };
}
