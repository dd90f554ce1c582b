/** What starts the deployments of each mode. */
import type { Registry } from 'prom-client';
import { fail } from '../core/errors.ts';
import type { ScheduleEvent } from '../modes/batch/scheduler.ts';
import type { DecideNews } from '../modes/decide/decide.ts';
import type { Serving } from '../modes/service/slot.ts';
import type { StreamNews } from '../modes/stream/stream.ts';
import type { Mode } from '../project/project.ts';
import type { Resources } from '../resources/resources.ts';
import type { Deployed } from './at-work.ts';
import type { Surroundings } from './running.ts';
import type { ServeOptions } from './service/options.ts';
import type { WatchNews } from './watching.ts';

/** What happened to a deployment. A service tells of itself in its log. */
export type DeploymentNews =
  | { readonly mode: 'batch'; readonly name: string; readonly news: ScheduleEvent }
  | { readonly mode: 'stream'; readonly name: string; readonly news: StreamNews }
  | { readonly mode: 'decide'; readonly name: string; readonly news: DecideNews };

export interface DeployOptions {
  /** Where services answer, and how. */
  readonly service?: ServeOptions | undefined;
  readonly onNews?: ((news: DeploymentNews) => void) | undefined;
  /** Hears what the watch over deployments finds. */
  readonly onWatched?: ((news: WatchNews) => void) | undefined;
  /** Called when all deployments of a mode that are started together are at work; what it throws, `start` throws. */
  readonly onStarted?: ((started: readonly Deployed[]) => void | Promise<void>) | undefined;
}

export interface Ground {
  readonly resources: Resources;
  readonly registry: Registry;
  readonly options: DeployOptions;
  /** Of those that stand beside a service. */
  readonly obstacles: () => readonly string[];
}

type Starter = (ground: Ground, names: readonly string[]) => Promise<readonly Deployed[]>;

/** A mode whose deployments are started one by one; those before one that cannot start are stopped again. */
const oneByOne =
  <Settings, Told>(
    load: () => Promise<{
      named(resources: Resources, name: string): Settings;
      start(resources: Resources, deployment: Settings, surroundings: Surroundings<Told>): Promise<Deployed>;
    }>,
    newsOf: (name: string, news: Told) => DeploymentNews,
  ): Starter =>
  async ({ resources, registry, options: { onNews } }, names) => {
    const { named, start } = await load();
    const deployments = names.map((name) => [name, named(resources, name)] as const);
    const started: Deployed[] = [];
    try {
      for (const [name, deployment] of deployments) {
        const news = (told: Told): void => onNews?.(newsOf(name, told));
        started.push(await start(resources, deployment, { registry, news }));
      }
      return started;
    } catch (error) {
      await Promise.all(started.map((one) => one.stop()));
      throw error;
    }
  };

/** What starts the deployments of each mode: one row here for each. Edge deployments run in browsers. */
const starters: Readonly<Partial<Record<Mode, Starter>>> = {
  service: async (ground, names) => {
    const { deployedServings } = await import('./service/servings.ts');
    return startService(ground, deployedServings(ground.resources, names));
  },
  batch: oneByOne(
    () => import('./batch.ts'),
    (name, news) => ({ mode: 'batch', name, news }),
  ),
  stream: oneByOne(
    () => import('./stream.ts'),
    (name, news) => ({ mode: 'stream', name, news }),
  ),
  decide: oneByOne(
    () => import('./decide.ts'),
    (name, news) => ({ mode: 'decide', name, news }),
  ),
};

/** All in one, as they share their doors. */
export const startService = async (
  { resources, options, ...surroundings }: Ground,
  servings: readonly Serving[],
): Promise<readonly Deployed[]> => {
  const { start } = await import('./service.ts');
  return [await start(resources, servings, options.service ?? {}, surroundings)];
};

export interface WhatRuns {
  /** What can be started here. */
  readonly run: readonly string[];
  /** Batch deployments without a schedule. */
  readonly byHand: readonly string[];
  /** By their mode, which nothing runs here. */
  readonly elsewhere: ReadonlyMap<Mode, readonly string[]>;
}

/** @throws BAD_PROJECT */
export const whatRuns = (project: Resources['project'], names: readonly string[]): WhatRuns => {
  const isHere = (name: string): boolean => Object.hasOwn(starters, project.mode(name));
  const isByHand = (name: string): boolean =>
    project.mode(name) === 'batch' && project.deploymentIn('batch', name).schedule === undefined;
  const here = names.filter(isHere);
  return {
    run: here.filter((name) => !isByHand(name)),
    byHand: here.filter(isByHand),
    elsewhere: Map.groupBy(
      names.filter((name) => !isHere(name)),
      (name) => project.mode(name),
    ),
  };
};

/** @throws USAGE for a mode that nothing runs here */
export const starterOf = (mode: Mode, names: readonly string[]): Starter => {
  const starter = starters[mode];
  if (starter) return starter;
  throw fail('USAGE', `Deployments with mode: ${mode} are not run here`, {
    expected: `mode: ${Object.keys(starters).join(', ')}`,
    got: names.join(', '),
  });
};
