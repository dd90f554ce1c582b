/** Deployments at work until the command is stopped, and what is told of them. */
import type { Deployed } from '../deployments/at-work.ts';
import type { Deployments } from '../deployments/deployments.ts';
import type { DeploymentNews, DeployOptions } from '../deployments/starters.ts';
import type { Cli } from './command.ts';
import { hearWatch } from './monitor/words.ts';

/** What is told of the deployments of a mode. */
export interface ModeWords {
  /** They are at work. `health` is where metrics are, unless that is told already. */
  started(running: readonly Deployed[], health: string | undefined): void | Promise<void>;
  hear?(news: DeploymentNews): void;
  /** They are about to be stopped. */
  stopping?(): void;
  stopped?(): void;
}

export interface RunningOptions extends Pick<DeployOptions, 'service'> {
  readonly words: Readonly<Partial<Record<Deployed['mode'], ModeWords>>>;
  readonly start: (deployments: Deployments) => Promise<void>;
  /** Where metrics and health are to be, without a service; `tell` tells it at once, else the words do. */
  readonly health?: { readonly host: string; readonly port: number; readonly tell?: (url: string) => void } | undefined;
  /** What ends it before the command is stopped. */
  readonly until?: ((deployments: Deployments) => Promise<void>) | undefined;
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** Runs until the signal of `cli` is aborted. @throws what keeps one of them from its work. */
export const runDeployments = async (
  { words, start, service, health, until }: RunningOptions,
  { app, signal, terminal }: Cli,
): Promise<void> => {
  const atWork = new Set<ModeWords>();
  let url: string | undefined;
  const deployments = await (await app()).deployments({
    service,
    onNews: (news) => words[news.mode]?.hear?.(news),
    onWatched: (news) => hearWatch(news, terminal),
    onStarted: async (started) => {
      const its = started[0] && words[started[0].mode];
      if (its === undefined) return;
      atWork.add(its);
      await its.started(started, health?.tell ? undefined : url);
    },
  });
  try {
    url = health && (await deployments.openHealth(health));
    if (url !== undefined) health?.tell?.(url);
    await start(deployments);
    await Promise.race([deployments.ended, aborted(signal), ...(until ? [until(deployments)] : [])]);
  } finally {
    for (const one of atWork) one.stopping?.();
    await deployments.stop();
  }
  for (const one of atWork) one.stopped?.();
};
