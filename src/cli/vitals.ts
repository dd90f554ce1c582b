/** What several modes at work in one process have to tell whoever watches it: metrics in one place, one readiness. */
import { Registry } from 'prom-client';

export interface Vitals {
  readonly registry: Registry;
  /** What keeps all of it from being ready, in words; empty when nothing does. */
  obstacles(): readonly string[];
  /** Lets one mode say what keeps it; the returned function ends that. */
  watch(obstacles: () => readonly string[]): () => void;
}

export const createVitals = (): Vitals => {
  const watched = new Set<() => readonly string[]>();
  return {
    registry: new Registry(),
    obstacles: () => [...watched].flatMap((one) => one()),
    watch: (obstacles) => {
      watched.add(obstacles);
      return () => watched.delete(obstacles);
    },
  };
};
