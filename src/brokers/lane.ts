import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError } from '../core/errors.ts';
import type { AssignedPartition } from './broker.ts';

/** One partition at work: opened from its last committed position, again and again until it is given back. */
export interface Lane {
  /** The partition while work is under way; undefined while it is opened. */
  readonly partition: AssignedPartition | undefined;
  readonly stopped: boolean;
  /** Tells the work to return. */
  stop(): void;
  /** Resolves when the work has returned and nothing of it is left. Never rejects. */
  readonly done: Promise<void>;
}

export interface OpenedPartition {
  readonly partition: AssignedPartition;
  close(): Promise<void> | void;
}

export interface LaneOptions {
  /** `signal` is aborted when the lane is stopped. */
  readonly open: (signal: AbortSignal) => Promise<OpenedPartition>;
  readonly work: (partition: AssignedPartition) => Promise<void>;
  readonly onTrouble: (error: unknown) => void;
}

/** How long to wait before another try, in milliseconds: doubled each time, with some chance in it. */
export const backoff = (turn: number, most = 5000): number =>
  Math.min(most, 50 * 2 ** turn) * (0.5 + Math.random() / 2);

export const isFenced = (error: unknown): boolean => error instanceof MillraceError && error.code === 'FENCED';

/** After this long without trouble, in milliseconds, the next trouble is the first one again. */
const CALM_MS = 30_000;

export const runLane = ({ open, work, onTrouble }: LaneOptions): Lane => {
  const stopping = new AbortController();
  const { signal } = stopping;
  let partition: AssignedPartition | undefined;

  const once = async (): Promise<void> => {
    const opened = await open(signal);
    try {
      partition = opened.partition;
      await work(opened.partition);
    } finally {
      partition = undefined;
      await opened.close();
    }
  };

  const run = async (): Promise<void> => {
    for (let turn = 0; !signal.aborted; turn++) {
      const began = performance.now();
      try {
        await once();
      } catch (error) {
        if (signal.aborted) return;
        // Whoever took the partition goes on where the last commit was; that is no trouble.
        if (!isFenced(error)) onTrouble(error);
      }
      if (performance.now() - began > CALM_MS) turn = 0;
      await sleep(backoff(turn), undefined, { signal }).catch(() => {});
    }
  };

  return {
    get partition() {
      return partition;
    },
    get stopped() {
      return signal.aborted;
    },
    stop: () => stopping.abort(),
    done: run(),
  };
};
