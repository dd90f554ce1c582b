/** Which deployments are at work in this process, and which are about to be. */
import type { RunningBatch } from './batch.ts';
import type { RunningDecide } from './decide.ts';
import type { RunningService } from './service.ts';
import type { RunningStream } from './stream.ts';

export type Deployed = RunningService | RunningBatch | RunningStream | RunningDecide;

export interface AtWork {
  readonly running: readonly Deployed[];
  /** Those of these names are about to be: until they are added, or dropped, nothing is ready. */
  expect(names: readonly string[]): void;
  drop(names: readonly string[]): void;
  add(started: readonly Deployed[]): void;
  /** Stops these. */
  remove(those: readonly Deployed[]): Promise<void>;
  stopAll(): Promise<void>;
  /** What keeps all of it from being ready, in words. */
  obstacles(): readonly string[];
  /** What keeps all but the services. */
  obstaclesBeside(): readonly string[];
}

const stop = async (those: readonly Deployed[]): Promise<void> => {
  await Promise.all(those.map((one) => one.stop()));
};

export const createAtWork = (): AtWork => {
  const running: Deployed[] = [];
  const expected = new Set<string>();
  const drop = (names: readonly string[]): void => {
    for (const name of names) expected.delete(name);
  };
  const obstaclesBeside = (): readonly string[] => [
    ...[...expected].map((name) => `${name}: starting`),
    ...running.flatMap(({ mode, name, obstacles }) =>
      mode === 'service' ? [] : obstacles().map((what) => `${name}: ${what}`),
    ),
  ];
  return {
    running,
    expect: (names) => {
      for (const name of names) expected.add(name);
    },
    drop,
    add: (started) => {
      running.push(...started);
      drop(started.map(({ name }) => name));
    },
    remove: (those) => {
      for (const one of those) running.splice(running.indexOf(one), 1);
      return stop(those);
    },
    stopAll: () => stop(running),
    obstacles: () => [
      ...running.flatMap((one) => (one.mode === 'service' ? one.obstacles() : [])),
      ...obstaclesBeside(),
    ],
    obstaclesBeside,
  };
};
