import { join } from 'node:path';
import { collectDefaultMetrics, type Registry } from 'prom-client';
import type { App } from '../../app.ts';
import { type Decide, type DecideNews, startDecide } from '../../modes/decide/decide.ts';
import { type DecideDeployment, prepareDecide } from '../../modes/decide/deployment.ts';
import { openMemories } from '../../modes/decide/memory.ts';
import { createDecideMetrics } from '../../modes/decide/metrics.ts';
import type { Cli } from '../command.ts';
import { many, oneLine } from '../short.ts';
import { chosen } from '../streams/deployments.ts';
import { serveHealth } from '../streams/health-server.ts';
import { createVitals } from '../vitals.ts';

export interface RunOptions {
  readonly metricsPort?: number;
}

interface Tally {
  readonly decisions: Map<string, number>;
  undecided: number;
  delivered: number;
  dead: number;
}

/** The same trouble is told once in this time, in milliseconds. */
const repeatAfter = 10_000;
const showEvery = 250;
const count = new Intl.NumberFormat('en');

export const decideOf = (app: App, name: string): DecideDeployment =>
  prepareDecide(name, app.project.deploymentIn('decide', name));

const createTeller = ({ terminal }: Cli) => {
  const tally: Tally = { decisions: new Map(), undecided: 0, delivered: 0, dead: 0 };
  const told = new Map<string, number>();
  const once = (line: string): void => {
    const now = performance.now();
    if (now - (told.get(line) ?? Number.NEGATIVE_INFINITY) < repeatAfter) return;
    told.set(line, now);
    terminal.err(line);
  };
  const bury = (name: string, codes: Iterable<readonly [code: string, events: number]>): void => {
    for (const [code, events] of codes) {
      tally.dead += events;
      once(`${name}: dead letters with ${code}; see millrace decide dead-letters ${name}`);
    }
  };
  const hear = (name: string, news: DecideNews): void => {
    if (news.kind === 'collected') bury(name, news.collected.dead);
    else if (news.kind === 'decided') {
      for (const { decision } of news.folded.decisions) {
        tally.decisions.set(decision.decision, (tally.decisions.get(decision.decision) ?? 0) + 1);
      }
      tally.undecided += news.folded.undecided;
      bury(name, news.folded.dead);
    } else if (news.kind === 'delivered') {
      tally.delivered += news.delivered.delivered;
      bury(
        name,
        news.delivered.failed.map(({ code }) => [code, 1]),
      );
    } else once(`${name}: ${news.problem.code}: ${oneLine(news.problem.message)}; trying again`);
  };
  return { tally, hear };
};

const inWords = ({ decisions, undecided, delivered, dead }: Tally): string => {
  const total = [...decisions.values()].reduce((sum, one) => sum + one, 0);
  const each = [...decisions].map(([name, times]) => `${count.format(times)} ${oneLine(name)}`).join(', ');
  return [
    `${count.format(total)} decided${each === '' ? '' : ` (${each})`}`,
    ...(undecided > 0 ? [`${count.format(undecided)} without a rule that holds`] : []),
    ...(delivered > 0 ? [`${count.format(delivered)} told`] : []),
    ...(dead > 0 ? [many(dead, 'dead letter')] : []),
  ].join(', ');
};

/** Decide deployments of one project at work in this process. */
export interface Deciding {
  readonly deployments: readonly Decide[];
  stop(): Promise<void>;
}

/** Starts deployments, all of them or none. */
export const startDeciding = async (
  app: App,
  names: readonly string[],
  { registry, onEvent }: { readonly registry: Registry; readonly onEvent?: (name: string, news: DecideNews) => void },
): Promise<Deciding> => {
  const prepared = names.map((name) => decideOf(app, name));
  const metrics = createDecideMetrics(registry);
  const broker = await app.broker();
  const memories = await openMemories(join(app.home, 'decisions.db'));
  const deployments: Decide[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(deployments.map((one) => one.stop()));
    memories.close();
  };
  try {
    for (const deployment of prepared) {
      const hear = (news: DecideNews): void => onEvent?.(deployment.name, news);
      deployments.push(await startDecide({ deployment, broker, memories, metrics, onEvent: hear }));
    }
    return { deployments, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

const showProgress = ({ deployments }: Deciding, tally: Tally, { terminal }: Cli): (() => void) => {
  const line = terminal.progress();
  const timer = setInterval(() => {
    const waiting = deployments.reduce((sum, one) => sum + one.waiting, 0);
    line.update(`${inWords(tally)} · ${many(waiting, 'key')} ${waiting === 1 ? 'waits' : 'wait'}`);
  }, showEvery);
  return () => {
    clearInterval(timer);
    line.done();
  };
};

/** `millrace decide run`: until Ctrl-C. */
export const run = async (given: readonly string[], { metricsPort }: RunOptions, cli: Cli): Promise<void> => {
  const { terminal, signal } = cli;
  const app = await cli.app();
  const { vitals = createVitals() } = cli;
  const { registry } = vitals;
  if (cli.vitals === undefined) collectDefaultMetrics({ register: registry });
  const { tally, hear } = createTeller(cli);
  const broker = await app.broker();
  const deciding = await startDeciding(app, chosen(app, given, 'decide'), { registry, onEvent: hear });
  const unwatch = vitals.watch(() =>
    deciding.deployments.flatMap((one) => one.obstacles().map((what) => `${one.deployment.name}: ${what}`)),
  );
  try {
    const health = metricsPort === undefined ? undefined : await serveHealth(metricsPort, vitals);
    const stopShowing = showProgress(deciding, tally, cli);
    for (const { deployment } of deciding.deployments) {
      const { name, topics, decisions, webhook } = deployment;
      const to = [decisions, ...(webhook ? [new URL(webhook.url).origin] : [])].join(' and ');
      terminal.err(`${terminal.style('bold', name, 'err')}  ${topics.join(', ')} → ${to}`);
    }
    terminal.err(`reading ${broker.place}${health ? `; ${health.url}/metrics` : ''}; Ctrl-C stops it`);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    stopShowing();
    await health?.close();
  } finally {
    unwatch();
    await deciding.stop();
  }
  terminal.err(`stopped: ${inWords(tally)}`);
};
