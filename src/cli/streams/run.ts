import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { collectDefaultMetrics, type Registry } from 'prom-client';
import type { App } from '../../app.ts';
import type { StreamDeployment } from '../../modes/stream/deployment.ts';
import { createStreamMetrics } from '../../modes/stream/metrics.ts';
import type { PredictionSink } from '../../modes/stream/prediction-sink.ts';
import { type Stream, type StreamNews, startStream } from '../../modes/stream/stream.ts';
import type { ModelSource } from '../../serving/source.ts';
import type { Cli } from '../command.ts';
import { modelSource } from '../model-source.ts';
import { many, oneLine, shortDigest } from '../short.ts';
import { createVitals } from '../vitals.ts';
import { chosen, streamOf } from './deployments.ts';
import { serveHealth } from './health-server.ts';
import { untilThrough } from './through.ts';

export interface RunOptions {
  readonly metricsPort?: number;
  readonly untilEnd?: true;
}

/** What came of a run so far. */
interface Tally {
  predicted: number;
  filtered: number;
  tombstones: number;
  dead: number;
}

/** The same trouble is told once in this time, in milliseconds. */
const repeatAfter = 10_000;
const showEvery = 250;

const createTeller = ({ terminal }: Cli) => {
  const tally: Tally = { predicted: 0, filtered: 0, tombstones: 0, dead: 0 };
  const told = new Map<string, number>();
  const once = (line: string): void => {
    const now = performance.now();
    if (now - (told.get(line) ?? Number.NEGATIVE_INFINITY) < repeatAfter) return;
    told.set(line, now);
    terminal.err(line);
  };
  const hear = (name: string, news: StreamNews): void => {
    if (news.kind === 'advanced') {
      tally.predicted += news.outcome.predictions.length;
      tally.filtered += news.outcome.filtered;
      tally.tombstones += news.outcome.skipped + news.outcome.passed;
      for (const [code, count] of news.outcome.dead) {
        tally.dead += count;
        once(`${name}: dead letters with ${code}; see millrace stream dead-letters ${name}`);
      }
    } else if (news.kind === 'replaced') {
      terminal.err(`${name}: version ${news.to} takes over from ${news.from}`);
    } else {
      once(`${name}: ${news.problem.code}: ${oneLine(news.problem.message)}; trying again`);
    }
  };
  return { tally, hear };
};

const count = new Intl.NumberFormat('en');

const inWords = ({ predicted, filtered, tombstones, dead }: Tally): string =>
  [
    `${count.format(predicted)} predicted`,
    ...(filtered > 0 ? [`${count.format(filtered)} filtered`] : []),
    ...(tombstones > 0 ? [many(tombstones, 'tombstone')] : []),
    ...(dead > 0 ? [many(dead, 'dead letter')] : []),
  ].join(', ');

const sinkOf = async (app: App, { name, sink }: StreamDeployment): Promise<PredictionSink | undefined> => {
  if (sink === undefined) return undefined;
  const [{ openSink }, { tablePredictions }] = await Promise.all([
    import('../../sinks/index.ts'),
    import('../../modes/stream/table.ts'),
  ]);
  const opened = await openSink(sink, { folder: app.project.folder, span: undefined, database: app.database });
  return tablePredictions(opened, name);
};

/** A version is proven with the time that a row may take here, and runs where it can end nothing but itself. */
const streamSource = (app: App, { rowMs, concurrency }: StreamDeployment): ModelSource => ({
  ...modelSource(app),
  prove: (found, { signal }) => app.prove(found, { rowMs, signal }),
  load: (found) => app.loadSafely(found, { rowMs, processes: Math.min(concurrency, availableParallelism()) }),
});

/** Starts deployments of one project in this process, all of them or none. */
export const startStreams = async (
  app: App,
  names: readonly string[],
  { registry, onEvent }: { readonly registry: Registry; readonly onEvent?: (name: string, news: StreamNews) => void },
): Promise<readonly Stream[]> => {
  const metrics = createStreamMetrics(registry);
  const broker = await app.broker();
  const streams: Stream[] = [];
  try {
    for (const name of names) {
      const deployment = streamOf(app, name);
      const sink = await sinkOf(app, deployment);
      const source = streamSource(app, deployment);
      streams.push(
        await startStream({ deployment, broker, source, metrics, sink, onEvent: (news) => onEvent?.(name, news) }),
      );
    }
    return streams;
  } catch (error) {
    await Promise.all(streams.map((stream) => stream.stop()));
    throw error;
  }
};

const showProgress = (streams: readonly Stream[], tally: Tally, { terminal }: Cli): (() => void) => {
  const line = terminal.progress();
  let last = { at: performance.now(), predicted: 0 };
  let rate = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    if (now - last.at >= 1000) {
      rate = ((tally.predicted - last.predicted) / (now - last.at)) * 1000;
      last = { at: now, predicted: tally.predicted };
    }
    const lag = streams.flatMap(({ partitions }) => partitions).reduce((sum, partition) => sum + partition.lag, 0);
    line.update(`${inWords(tally)} · ${count.format(Math.round(rate))}/s · ${count.format(lag)} wait`);
  }, showEvery);
  return () => {
    clearInterval(timer);
    line.done();
  };
};

/** `millrace stream run`: until Ctrl-C, or until all that is there has been predicted. */
export const run = async (given: readonly string[], options: RunOptions, cli: Cli): Promise<void> => {
  const { terminal, signal } = cli;
  const app = await cli.app();
  const names = chosen(app, given, 'stream');
  const { vitals = createVitals() } = cli;
  const { registry } = vitals;
  if (cli.vitals === undefined) collectDefaultMetrics({ register: registry });
  const { tally, hear } = createTeller(cli);
  const broker = await app.broker();
  const streams = await startStreams(app, names, { registry, onEvent: hear });
  const unwatch = vitals.watch(() =>
    streams.flatMap((stream) => stream.obstacles().map((one) => `${stream.deployment.name}: ${one}`)),
  );
  const health = options.metricsPort === undefined ? undefined : await serveHealth(options.metricsPort, vitals);
  const stopShowing = showProgress(streams, tally, cli);
  try {
    for (const { deployment, model } of streams) {
      const to = [deployment.to, deployment.sink?.table].filter((one) => one !== undefined).join(' and ');
      const what = `${model.model}@${model.version}  ${shortDigest(model.digest)}`;
      terminal.err(`${terminal.style('bold', deployment.name, 'err')}  ${what}  ${deployment.from.join(', ')} → ${to}`);
    }
    terminal.err(`reading ${broker.place}${health ? `; ${health.url}/metrics` : ''}; Ctrl-C stops it`);
    const through = options.untilEnd ? untilThrough(broker, streams, signal) : new Promise<void>(() => {});
    const stopped = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([through, stopped]);
  } finally {
    unwatch();
    stopShowing();
    await Promise.all(streams.map((stream) => stream.stop()));
    await health?.close();
    await sleep(0);
  }
  terminal.err(`stopped: ${inWords(tally)}`);
  if (options.untilEnd && tally.dead > 0) cli.exit(1);
};
