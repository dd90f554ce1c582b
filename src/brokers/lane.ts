import { MillraceError } from '../core/errors.ts';
import { again } from './again.ts';
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
  /** Another member has the partition. */
  readonly onFenced?: () => void;
  readonly onTrouble: (error: unknown) => void;
}

const isFenced = (error: unknown): boolean => error instanceof MillraceError && error.code === 'FENCED';

export const runLane = ({ open, work, onFenced, onTrouble }: LaneOptions): Lane => {
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
  // Whoever took the partition goes on where the last commit was; that is no trouble.
  const onError = (error: unknown): void => (isFenced(error) ? onFenced?.() : onTrouble(error));

  return {
    get partition() {
      return partition;
    },
    get stopped() {
      return signal.aborted;
    },
    stop: () => stopping.abort(),
    done: again(once, { signal, onError }),
  };
};
