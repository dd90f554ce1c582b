import { Command } from 'commander';
import type { App } from '../../app.ts';
import { fail } from '../../core/errors.ts';
import { createLog } from '../../modes/service/log.ts';
import type { Serving } from '../../modes/service/models.ts';
import { type Cli, examples } from '../command.ts';
import { openTo } from '../serve/open-to.ts';
import { defineOptions, port, type ServeOptions } from '../serve/options.ts';
import { type Listening, startService } from '../serve/running.ts';
import { deployedServings, typedServings } from '../serve/servings.ts';
import { shortDigest } from '../short.ts';

const mebi = 2 ** 20;

const portOf = ({ port: given }: ServeOptions, { env }: Cli): number => {
  if (given !== undefined) return given;
  try {
    return port(env.PORT ?? '8080');
  } catch {
    throw fail('USAGE', 'PORT is not a port.', { expected: 'a number from 0 to 65535', got: `${env.PORT}` });
  }
};

/** All of the project's service deployments. */
const allDeployed = (app: App): readonly Serving[] => {
  const names = app.project.namesIn('service');
  if (names.length > 0) return deployedServings(app, names);
  throw fail('USAGE', 'There is nothing to serve.', {
    expected: 'a model, or a deployment with mode: service in millrace.yaml',
    got: 'neither',
  });
};

/** Which of several answers, for the bare name and for one version: nobody is to be surprised by it. */
const tellFirsts = (models: Listening['models'], { terminal }: Cli): void => {
  for (const [name, [first, ...others]] of Map.groupBy(models, (model) => model.name)) {
    if (first === undefined || others.every(({ version }) => version === first.version)) continue;
    terminal.out(`/predict/${name} is answered by ${first.version}, the first that was named`);
  }
  for (const [model, [first, ...others]] of Map.groupBy(models, ({ name, version }) => `${name}@${version}`)) {
    for (const { deployment } of others) {
      const warning = terminal.style('yellow', 'warning:', 'err');
      terminal.err(
        `${warning} ${deployment} answers nothing while ${first?.deployment} has ${model} too, and comes first`,
      );
    }
  }
};

const tell = (
  { url, grpc, admin, models }: Listening,
  open: readonly string[],
  { workers }: ServeOptions,
  cli: Cli,
): void => {
  const { terminal } = cli;
  for (const { name, version, digest, loadMs, memoryBytes, isolation } of models) {
    const model = terminal.style('bold', `${name}@${version}`);
    const where = isolation === 'workers' ? ', in processes of its own' : '';
    const cost = `${loadMs.toFixed(0)} ms, ${(memoryBytes / mebi).toFixed(0)} MiB${where}`;
    const several = models.some((other) => other.name === name && other.version !== version);
    const path = several ? `/predict/${name}/versions/${version}` : `/predict/${name}`;
    terminal.out(`${model}  ${shortDigest(digest)}  ${cost}  POST ${url}${path}`);
  }
  tellFirsts(models, cli);
  if (grpc !== undefined) terminal.out(`gRPC on ${grpc}`);
  if (admin !== undefined) terminal.out(`admin on ${admin}`);
  for (const line of open) terminal.out(line);
  const processes = workers > 1 ? `; ${workers} processes` : '';
  terminal.out(`ready on ${terminal.style('cyan', url)}${processes}; try ${url}/docs; Ctrl-C stops it`);
};

const aborted = (signal: AbortSignal): Promise<unknown> =>
  signal.aborted
    ? Promise.resolve()
    : new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));

const goodbye = 'stopping: not ready from now on; what is in flight is finished';

const serveAlone = async (servings: readonly Serving[], options: ServeOptions, cli: Cli): Promise<void> => {
  const { terminal, signal, env, vitals } = cli;
  const port = portOf(options, cli);
  const app = await cli.app();
  const running = await startService({ app, servings, options, port, env, vitals });
  try {
    tell(await running.listen(), openTo(app, servings, options), options, cli);
    await aborted(signal);
    terminal.err(goodbye);
  } finally {
    await running.close({ lame: signal.aborted });
  }
};

const serveTogether = async (servings: readonly Serving[], options: ServeOptions, cli: Cli): Promise<void> => {
  const { terminal, signal, cwd } = cli;
  const app = await cli.app();
  const { file } = app.project;
  const { startMembers } = await import('../serve/members.ts');
  const { log, flush } = createLog(options.logLevel);
  try {
    const members = await startMembers({
      size: options.workers,
      start: { cwd, file, servings, options, port: portOf(options, cli) },
      onLost: (pid, how) => log.error({ pid, how }, 'a process of the service has ended; another is started'),
    });
    tell(members.listening, openTo(app, servings, options), options, cli);
    await aborted(signal);
    terminal.err(goodbye);
    await members.stop({ lameDuckMs: options.lameDuck * 1000, patienceMs: (options.timeout + 5) * 1000 });
  } finally {
    flush();
  }
};

/** Serves until the signal of `cli` is aborted. */
const serve = async (servings: readonly Serving[], options: ServeOptions, cli: Cli): Promise<void> => {
  if (options.adminHost !== undefined && options.adminPort === undefined) {
    throw fail('USAGE', '--admin-host belongs to --admin-port.', { expected: '--admin-port beside it', got: 'none' });
  }
  return options.workers > 1 ? serveTogether(servings, options, cli) : serveAlone(servings, options, cli);
};

/** Serves deployments of the project; `words` are options as they are typed. */
export const serveDeployments = async (names: readonly string[], words: readonly string[], cli: Cli): Promise<void> => {
  const servings = deployedServings(await cli.app(), names);
  const command = defineOptions(new Command().exitOverride());
  await command.action((options: ServeOptions) => serve(servings, options, cli)).parseAsync(words, { from: 'user' });
};

export const define = (command: Command, cli: Cli): void => {
  command.argument('[ref...]', 'models: name@version, name@environment, a folder or a package file');
  defineOptions(command).action(async (refs: readonly string[], options: ServeOptions) => {
    const app = await cli.app();
    return serve(refs.length > 0 ? typedServings(app, refs, cli.cwd) : allDeployed(app), options, cli);
  });
  examples(
    command,
    ['millrace serve ride-duration@production', 'what the environment points at, also after it moves'],
    ['millrace serve ./models/ride --port 0', 'a folder, on any free port'],
    ['millrace serve ride-duration@production --workers 4', 'in four processes behind one port'],
    ['millrace serve ride-duration@production --record all', 'keep what was asked and answered, for millrace replay'],
    [
      'millrace serve ride-duration@production --publish ride.requested --better ride.predicted',
      'publish what was answered, and hear of better predictions',
    ],
    ['millrace serve ride-duration@production --admin-port 9090', 'metrics and health on a port of their own'],
    ['millrace serve', 'the service deployments of millrace.yaml'],
  );
};
