import type { Admin } from '@platformatic/kafka';
import type { FetchSource } from './fetch-source.ts';
import { listEnds } from './offsets.ts';

/** Partitions that are full are not fetched, so where they end has to be asked. */
export interface FullPartitions {
  add(source: FetchSource): void;
  remove(source: FetchSource): void;
  close(): void;
}

const ASK_MS = 1000;

export const askEndsOfFull = (admin: Admin): FullPartitions => {
  const sources = new Set<FetchSource>();
  const ask = async (): Promise<void> => {
    const full = [...sources].filter((source) => source.room() === 0);
    for (const [topic, list] of Map.groupBy(full, (source) => source.topic)) {
      const ends = await listEnds(admin, topic);
      for (const source of list) source.endsAt(ends[source.partition]?.end ?? source.end);
    }
  };
  const asking = setInterval(() => ask().catch(() => {}), ASK_MS);
  return {
    add: (source) => sources.add(source),
    remove: (source) => sources.delete(source),
    close: () => clearInterval(asking),
  };
};
