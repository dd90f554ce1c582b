import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker } from '../../brokers/broker.ts';
import type { Stream } from './stream.ts';

const PERIOD_MS = 100;

/** Resolves when the deployments have committed all that was in their topics when this was called. */
export const untilThrough = async (broker: Broker, streams: readonly Stream[], signal: AbortSignal): Promise<void> => {
  for (const { deployment } of streams) {
    const topics = [...deployment.from, deployment.replay];
    const at = await broker.positions(deployment.group, topics);
    const ends = new Map(at.map(({ topic, partition, end }) => [`${topic}/${partition}`, end]));
    for (;;) {
      const now = await broker.positions(deployment.group, topics);
      const open = now.some(
        ({ topic, partition, committed, start }) => (committed ?? start) < (ends.get(`${topic}/${partition}`) ?? 0),
      );
      if (!open || signal.aborted) break;
      await sleep(PERIOD_MS, undefined, { signal }).catch(() => {});
    }
  }
};
