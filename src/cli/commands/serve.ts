import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { App } from '../../app.ts';
import { fail, problemOf } from '../../core/errors.ts';
import { type Isolation, isolations } from '../../modes/service/isolation.ts';
import type { Limits } from '../../modes/service/limits.ts';
import { createLog, type Level, type Logger, levels } from '../../modes/service/log.ts';
import type { ModelSource } from '../../modes/service/model.ts';
import { createService, type Service } from '../../modes/service/service.ts';
import type { Recorder } from '../../monitor/recorder.ts';
import { parseRef } from '../../registry/ref.ts';
import { type Cli, examples } from '../command.ts';
import { shortDigest } from '../short.ts';

interface Options {
  /** Which part of all calls is recorded. */
  readonly record: number;
  readonly recordDays: number;
  readonly recordMost: number;
  readonly port?: number;
  readonly grpcPort?: number;
  readonly grpc: boolean;
  readonly host: string;
  readonly lameDuck: number;
  readonly timeout: number;
  readonly maxBody: number;
  readonly maxRows: number;
  readonly maxQueue: number;
  readonly maxModels?: number;
  readonly modelControl: boolean;
  readonly isolation: Isolation;
  readonly modelWorkers: number;
  readonly logLevel: Level;
}

const whole = (least: number, most: number) => (text: string) => {
  const value = Number(text);
  if (/^\d{1,12}$/.test(text) && value >= least && value <= most) return value;
  throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
};
const port = whole(0, 65_535);
const seconds = (text: string): number => {
  if (/^\d{1,6}(?:\.\d+)?$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected seconds.');
};

const share = (text: string): number => {
  if (text === 'all') return 1;
  if (text === 'none') return 0;
  const part = Number(/^sample=(0?\.\d{1,6}|[01](?:\.0*)?)$/.exec(text)?.[1]);
  if (part >= 0) return part;
  throw new InvalidArgumentError('Expected all, none, or a part of all such as sample=0.1.');
};

/** One processor is left to what answers. */
const defaultModelWorkers = (): number => Math.max(1, availableParallelism() - 1);

const mebi = 2 ** 20;

const portOf = ({ port: given }: Options, { env }: Cli): number => {
  if (given !== undefined) return given;
  try {
    return port(env.PORT ?? '8080');
  } catch {
    throw fail('USAGE', 'PORT is not a port.', { expected: 'a number from 0 to 65535', got: `${env.PORT}` });
  }
};

/** Packages out of a folder, a file or the registry; environments of the registry are followed. */
const sourceOf = (app: App): ModelSource => ({
  open: app.open,
  load: app.load,
  isolate: app.isolate,
  resolve: async (ref) => (parseRef(ref).kind === 'environment' ? (await app.lookup()).resolve(ref) : undefined),
});

/** Records in the registry's database, under the names of the project's deployments. */
const startRecorder = async (app: App, options: Options, log: Logger): Promise<Recorder | undefined> => {
  if (options.record === 0) return undefined;
  const { project } = app;
  const deployments = new Map(project.deploymentNames.map((name) => [project.deployment(name).model, name]));
  return app.recorder({
    share: options.record,
    days: options.recordDays,
    most: options.recordMost,
    deploymentOf: (ref) => deployments.get(ref),
    onTrouble(problem) {
      if (problem) log.error({ problem }, 'records are being dropped');
      else log.info('records are written again');
    },
  });
};

/** The models of the project's service deployments. */
const deployedRefs = ({ project }: App): readonly string[] => {
  const refs = project.deploymentNames
    .map((name) => project.deployment(name))
    .filter(({ mode }) => mode === 'service')
    .map(({ model }) => model);
  if (refs.length > 0) return refs;
  throw fail('USAGE', 'There is nothing to serve.', {
    expected: 'a model, or a deployment with mode: service in millrace.yaml',
    got: 'neither',
  });
};

/** Ends the message of a failure with what to do about it. */
const advised = async <T>(work: Promise<T>, advice: string): Promise<T> => {
  try {
    return await work;
  } catch (error) {
    const { code, message, ...details } = problemOf(error);
    throw fail(code, `${message} ${advice}`, { ...details, cause: error });
  }
};

/** Where gRPC listens, unless it is not wanted: beside HTTP, so that 8080 has 8081. */
const listenGrpc = async (
  service: Service,
  { host, port }: { readonly host: string; readonly port: number },
  { grpc, grpcPort }: Options,
): Promise<string | undefined> => {
  if (!grpc) return undefined;
  const at = { host, port: grpcPort ?? (port === 0 ? 0 : (port + 1) % 65_536) };
  return advised(service.listenGrpc(at), 'Choose the port of gRPC with --grpc-port, or leave gRPC out with --no-grpc.');
};

const tell = ({ plane }: Service, url: string, grpc: string | undefined, { terminal }: Cli): void => {
  for (const { card } of plane.models.slots) {
    if (card === undefined) continue;
    const model = terminal.style('bold', `${card.name}@${card.version}`);
    const cost = `${card.loadMs.toFixed(0)} ms, ${(card.memoryBytes / mebi).toFixed(0)} MiB`;
    terminal.out(`${model}  ${shortDigest(card.digest)}  ${cost}  POST ${url}/predict/${card.name}`);
  }
  if (grpc !== undefined) terminal.out(`gRPC on ${grpc}`);
  terminal.out(`ready on ${terminal.style('cyan', url)}; try ${url}/docs; Ctrl-C stops it`);
};

const serve = async (given: readonly string[], options: Options, cli: Cli): Promise<void> => {
  const { terminal, signal } = cli;
  const at = { host: options.host, port: portOf(options, cli) };
  const app = await cli.app();
  const limits: Partial<Limits> = {
    bodyBytes: options.maxBody * mebi,
    rows: options.maxRows,
    queueRequests: options.maxQueue,
    timeoutMs: options.timeout * 1000,
  };
  const { log, flush } = createLog(options.logLevel);
  const recorder = await startRecorder(app, options, log);
  try {
    const service = await createService({
      refs: given.length > 0 ? given : deployedRefs(app),
      source: sourceOf(app),
      limits,
      maxModels: options.maxModels,
      modelControl: options.modelControl,
      isolation: options.isolation,
      modelWorkers: options.modelWorkers,
      log,
      recorder,
      traceEnv: cli.env,
    });
    try {
      const url = await advised(service.listen(at), 'Choose another with --port (0 takes any free one) or --host.');
      tell(service, url, await listenGrpc(service, at, options), cli);
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      terminal.err('stopping: not ready from now on; what is in flight is finished');
    } finally {
      await service.close({ lameDuckMs: signal.aborted ? options.lameDuck * 1000 : 0 });
    }
  } finally {
    await recorder?.close();
    flush();
  }
};

export const define = (command: Command, cli: Cli): void => {
  command
    .argument('[ref...]', 'models: name@version, name@environment, a folder or a package file')
    .option('--port <port>', 'where to listen; 0 takes any free port (default: PORT, else 8080)', port)
    .option('--grpc-port <port>', 'where gRPC listens (default: the port after, 8081)', port)
    .option('--no-grpc', 'HTTP only')
    .option('--host <address>', 'which address to listen on; 0.0.0.0 for all of them', '127.0.0.1')
    .option('--lame-duck <seconds>', 'go on answering for so long after SIGTERM, while /readyz says no', seconds, 0)
    .option('--timeout <seconds>', 'the longest that a request may wait', seconds, 60)
    .option('--max-body <MiB>', 'the largest body', whole(1, 1024), 16)
    .option('--max-rows <rows>', 'the most rows a request', whole(1, 10_000_000), 100_000)
    .option('--max-queue <requests>', 'the most requests that may wait for a model', whole(1, 1_000_000), 1024)
    .option('--max-models <models>', 'keep so many loaded, and put the least recently used aside', whole(1, 10_000))
    .addOption(
      new Option('--isolation <where>', 'where models run: a row that takes long is for processes of its own')
        .choices(isolations)
        .default('auto'),
    )
    .option('--model-workers <processes>', 'of a model that has its own', whole(1, 1024), defaultModelWorkers())
    .option('--no-model-control', 'do not let callers load and unload models')
    .addOption(
      new Option('--record <what>', 'keep records of predictions: all, sample=0.1 or none')
        .argParser(share)
        .default(0, 'none'),
    )
    .option('--record-days <days>', 'keep them so long', whole(1, 36_500), 30)
    .option('--record-most <predictions>', 'keep so many', whole(1, 1e11), 10_000_000)
    .addOption(new Option('--log-level <level>', 'JSON lines on stderr').choices(levels).default('info'))
    .action((refs: readonly string[], options: Options) => serve(refs, options, cli));
  examples(
    command,
    ['millrace serve ride-duration@production', 'what the environment points at, also after it moves'],
    ['millrace serve ./models/ride --port 0', 'a folder, on any free port'],
    ['millrace serve', 'the service deployments of millrace.yaml'],
  );
};
