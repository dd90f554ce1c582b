/** Follows references that may move: one after another, again and again, so that one version is loaded at a time. */
import type { Live, News, Version } from './live.ts';

export interface FollowOptions<V extends Version, Followed extends { readonly live: Live<V> }> {
  /** Those to look at in the next round. */
  readonly all: () => readonly Followed[];
  /** Milliseconds between two rounds. */
  readonly everyMs: number;
  readonly hear: (followed: Followed, news: News<V>) => void;
}

/** Starts to look; the returned function stops it, and resolves when no look is under way. */
export const follow = <V extends Version, Followed extends { readonly live: Live<V> }>(
  options: FollowOptions<V, Followed>,
): (() => Promise<void>) => {
  const { all, everyMs, hear } = options;
  let isStopped = false;
  let timer: NodeJS.Timeout;
  let current: Promise<void> = Promise.resolve();
  const round = async (): Promise<void> => {
    for (const followed of all()) {
      if (isStopped) return;
      const news = await followed.live.look();
      if (news !== undefined && !isStopped) hear(followed, news);
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
