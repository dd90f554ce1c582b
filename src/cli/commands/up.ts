import { type Command, InvalidArgumentError } from 'commander';
import { collectDefaultMetrics } from 'prom-client';
import { fail } from '../../core/errors.ts';
import { type Cli, examples } from '../command.ts';
import { type HealthServer, serveHealth } from '../streams/health-server.ts';
import type { Progress, Terminal } from '../terminal.ts';
import type { UpOptions } from '../up/runner.ts';
import { runners } from '../up/runners.ts';
import { createVitals, type Vitals } from '../vitals.ts';

const port = (text: string): number => {
  const value = Number(text);
  if (/^\d{1,5}$/.test(text) && value <= 65_535) return value;
  throw new InvalidArgumentError('Expected a port, from 0 to 65535.');
};

const names = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

const silent: Progress = { update: () => {}, done: () => {} };

/** Several modes write to one terminal: a line that each writes over and over would be everybody's. */
const shared = (terminal: Terminal): Terminal => ({ ...terminal, progress: () => silent });

/** Without a service, whose doors would tell of everything, a port that is asked for is one for health and metrics. */
const startHealth = async (
  vitals: Vitals,
  options: UpOptions,
  { terminal }: Cli,
): Promise<HealthServer | undefined> => {
  const wanted = options.adminPort ?? options.port;
  if (wanted === undefined) return undefined;
  const health = await serveHealth(wanted, vitals, options.adminHost ?? options.host ?? '127.0.0.1');
  collectDefaultMetrics({ register: vitals.registry });
  terminal.err(`health and metrics on ${health.url}`);
  return health;
};

const up = async (given: readonly string[], options: UpOptions, cli: Cli): Promise<void> => {
  const { project } = await cli.app();
  const names = given.length > 0 ? given : project.deploymentNames;
  const byMode = Map.groupBy(names, (name) => project.mode(name));
  const found = [...byMode].flatMap(([mode, list]) => {
    const load = runners[mode];
    if (!load) cli.terminal.err(`${list.join(', ')}: mode ${mode} has nothing to run here`);
    return load ? [{ load, list }] : [];
  });
  if (found.length === 0) {
    throw fail('USAGE', 'The project has no deployment to run', {
      expected: 'a deployment with mode: service, batch, stream or decide in millrace.yaml',
      got: names.length === 0 ? 'none' : names.join(', '),
    });
  }
  // One that cannot run takes the others along: half a project is worse than none.
  const stop = new AbortController();
  const signal = AbortSignal.any([cli.signal, stop.signal]);
  const vitals = createVitals();
  const each: Cli = { ...cli, signal, terminal: shared(cli.terminal), vitals };
  const health = byMode.has('service') ? undefined : await startHealth(vitals, options, cli);
  let failure: unknown;
  await Promise.all(
    found.map(async ({ load, list }) => {
      try {
        await (await load())(list, each, options);
      } catch (error) {
        if (!signal.aborted) failure = error;
        stop.abort();
      }
    }),
  );
  await health?.close();
  if (failure !== undefined) throw failure;
};

export const define = (command: Command, cli: Cli): void => {
  command
    .description(
      'Run the deployments of the project in this process until Ctrl-C: services, schedules, streams and decisions.',
    )
    .argument('[deployments...]', 'their names in millrace.yaml; all unless said')
    .option('--port <port>', 'where services listen (default: PORT, else 8080)', port)
    .option('--host <address>', 'which address services listen on')
    .option(
      '--admin-port <port>',
      'health, metrics and what services open of records and models, on a port of its own; also without a service',
      port,
    )
    .option('--admin-host <address>', 'which address that is on (default: 127.0.0.1)')
    .option('--allowed-host <name>', 'use records and model control under this name too', names)
    .option('--record <what>', 'services keep records of predictions: all, sample=0.1 or none')
    .option('--record-wait', 'services answer only once that is recorded, else refuse with 503')
    .action((names: readonly string[], options: UpOptions) => up(names, options, cli));
  examples(
    command,
    ['millrace up', 'the whole project'],
    ['millrace up fares-nightly', 'one deployment, by its schedule'],
  );
};
