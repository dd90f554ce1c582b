import type { Command } from 'commander';
import type { App } from '../../app.ts';
import { whatRuns } from '../../deployments/starters.ts';
import type { ProgressLine, Terminal } from '../../terminal/terminal.ts';
import { batchWords } from '../batch/words.ts';
import { type Cli, examples } from '../command.ts';
import { decideWords } from '../decide/words.ts';
import { runDeployments } from '../deployed.ts';
import { port } from '../numbers.ts';
import { advised, type DoorWords, hosts, readDoorWords, share } from '../serve/options.ts';
import { serveWords } from '../serve/words.ts';
import { streamWords } from '../streams/words.ts';
import { usage } from '../usage.ts';

const silent: ProgressLine = { update: () => {}, done: () => {} };

/** Several modes write to one terminal: a line that each writes over and over would be everybody's. */
const shared = (terminal: Terminal): Terminal => ({ ...terminal, progress: () => silent });

/** Without a service, whose doors would tell of everything, a port that is asked for is one for health and metrics. */
const healthOf = ({ adminPort, adminHost, port: own, host: address }: DoorWords, { terminal }: Cli) => {
  const wanted = adminPort ?? own;
  if (wanted === undefined) return undefined;
  const tell = (url: string): void => terminal.err(`health and metrics on ${url}`);
  return { port: wanted, host: adminHost ?? address ?? '127.0.0.1', tell };
};

/** The deployments that something runs here; of the others it is said what they need. */
const atWorkHere = (names: readonly string[], { project }: App, { terminal }: Cli): readonly string[] => {
  const { run, byHand, elsewhere } = whatRuns(project, names);
  for (const [mode, list] of elsewhere) terminal.err(`${list.join(', ')}: mode ${mode} has nothing to run here`);
  for (const name of byHand) terminal.err(`${name} has no schedule: millrace batch run ${name}`);
  if (run.length + byHand.length > 0) return run;
  const expected = 'a deployment with mode: service, batch, stream or decide in millrace.yaml';
  throw usage('The project has no deployment to run', expected, names.length === 0 ? 'none' : names.join(', '));
};

const up = async (given: readonly string[], words: DoorWords, cli: Cli): Promise<void> => {
  const app = await cli.app();
  const names = atWorkHere(given.length > 0 ? given : app.project.deploymentNames, app, cli);
  const each: Cli = { ...cli, terminal: shared(cli.terminal) };
  const hasService = names.some((name) => app.project.mode(name) === 'service');
  const service = hasService ? readDoorWords(words, cli.env) : {};
  await runDeployments(
    {
      service,
      words: {
        service: serveWords(service, each),
        batch: batchWords(each),
        stream: streamWords(each),
        decide: decideWords(each),
      },
      start: ({ start }) => advised(start(names)),
      health: hasService ? undefined : healthOf(words, cli),
    },
    each,
  );
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
    .option('--auth', 'callers of services need a key: millrace keys create')
    .option('--no-auth', 'they need none, also those that are not on this machine')
    .option('--allowed-host <name>', 'use records and model control under this name too', hosts)
    .option('--record <what>', 'services keep records of predictions: all, sample=0.1 or none', share)
    .option('--record-wait', 'services answer only once that is recorded, else refuse with 503')
    .action((names: readonly string[], words: DoorWords) => up(names, words, cli));
  examples(
    command,
    ['millrace up', 'the whole project'],
    ['millrace up fares-nightly', 'one deployment, by its schedule'],
  );
};
