/** Follows references that may move: one after another, again and again, so that one version is loaded at a time. */
import type { LiveVersion } from './held.ts';
import type { Live, News } from './live.ts';

/** A reference, and who hears what comes of it. */
export interface Followed<V extends LiveVersion> {
  readonly live: Live<V>;
  hear(news: News<V>): void;
}

/**
 * Starts to look at all of them, each round at those that `all` gives then, `everyMs` milliseconds after the last. The returned
 * function stops it, and resolves when no look is under way.
 */
export const follow = <V extends LiveVersion>(
  all: () => readonly Followed<V>[],
  everyMs: number,
): (() => Promise<void>) => {
  let isStopped = false;
  let timer: NodeJS.Timeout;
  let current: Promise<void> = Promise.resolve();
  const round = async (): Promise<void> => {
    for (const { live, hear } of all()) {
      if (isStopped) return;
      const news = await live.look();
      if (news !== undefined && !isStopped) hear(news);
    }
    if (!isStopped) timer = setTimeout(start, everyMs);
  };
  const start = (): void => {
    current = round();
  };
  timer = setTimeout(start, everyMs);
  return () => {
    isStopped = true;
    clearTimeout(timer);
    return current;
  };
};
