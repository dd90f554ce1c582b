/** Minutes that were counted, on their way to the thread that writes them down. What the store does not take is tried again with the next. */
import type { Code } from '../core/errors.ts';
import type { Answered, Answerer } from './answered.ts';
import { countInParts, PART_ROWS, rowsOf } from './answered-parts.ts';
import { createMinutes, type MinuteProfile } from './minutes.ts';
import { together } from './profiles/counted.ts';

export interface ProfilingOptions {
  /** Rejects where the store does not take them. */
  readonly write: (minutes: readonly MinuteProfile[]) => Promise<void>;
  readonly numberOf: (model: Answerer) => number;
}

export interface Profiling {
  count(answered: Answered): void;
  /** Counts a call that failed as a whole. */
  failed(model: Answerer, code: Code): void;
  /** Resolves when all that was counted is in the store, as far as that takes it. */
  flush(): Promise<void>;
}

/** Minutes that may wait, of a package at least one; beyond that the oldest become one. */
const MOST_WAITING = 300;

/** The same with one less, where two of the oldest are of one package. */
const shortened = ([oldest, ...others]: readonly MinuteProfile[]): readonly MinuteProfile[] => {
  const next = others.find(({ model }) => model === oldest.model);
  return next === undefined ? [...others, oldest] : [together(oldest, next), ...others.filter((one) => one !== next)];
};

export const createProfiling = ({ write, numberOf }: ProfilingOptions): Profiling => {
  let waiting: readonly MinuteProfile[] = [];
  let sending = Promise.resolve();
  const inParts = new Set<Promise<void>>();

  const send = async (): Promise<void> => {
    const some = waiting;
    if (some.length === 0) return;
    waiting = [];
    try {
      await write(some);
    } catch {
      waiting = [...some, ...waiting];
      if (waiting.length > MOST_WAITING) waiting = shortened(waiting);
    }
  };
  const minutes = createMinutes({
    numberOf,
    onMinute(minute) {
      waiting = [...waiting, minute];
      sending = sending.then(send);
    },
  });
  return {
    count(answered) {
      if (rowsOf(answered) <= PART_ROWS) return minutes.count(answered);
      const counting = countInParts(answered, minutes.count).finally(() => inParts.delete(counting));
      inParts.add(counting);
    },
    failed: minutes.failed,
    async flush() {
      await Promise.all(inParts);
      minutes.flush();
      sending = sending.then(send);
      await sending;
    },
  };
};
