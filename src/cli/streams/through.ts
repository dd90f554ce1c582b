import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker } from '../../brokers/broker.ts';
import type { Stream } from '../../modes/stream/stream.ts';

const period = 100;

/** Resolves when the deployments have committed all that was in their topics when this was called. */
export const untilThrough = async (broker: Broker, streams: readonly Stream[], signal: AbortSignal): Promise<void> => {
  for (const { deployment } of streams) {
    const topics = [...deployment.from, deployment.replay];
    const ends = await broker.positions(deployment.group, topics);
    for (;;) {
      const now = await broker.positions(deployment.group, topics);
      const open = now.some(({ committed, start }, i) => (committed ?? start) < (ends[i]?.end ?? 0));
      if (!open || signal.aborted) break;
      await sleep(period, undefined, { signal }).catch(() => {});
    }
  }
};
