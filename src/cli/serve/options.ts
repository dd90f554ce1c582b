/** What `millrace serve` can be told, and how the words for it are read. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { fail, problemOf } from '../../core/errors.ts';
import type { RecordOptions, ServeOptions } from '../../deployments/service/options.ts';
import { type Isolation, isolations } from '../../modes/service/isolation.ts';
import { type Level, levels } from '../../modes/service/log.ts';
import { port, whole } from '../numbers.ts';
import { usage } from '../usage.ts';

/** What `millrace up` can be told of services, too. */
export interface DoorWords {
  readonly port?: number;
  readonly host?: string;
  /** Where metrics, model control and records are, if not where all else is. */
  readonly adminPort?: number;
  readonly adminHost?: string;
  /** Names under which model control and records may be used. */
  readonly allowedHost?: readonly string[];
  /** Which part of all calls is recorded. */
  readonly record?: number;
  /** Nobody has an answer before it is recorded. */
  readonly recordWait?: true;
  readonly recordDays?: number;
  readonly recordMost?: number;
  /** Callers need keys, or need none; of a service beyond loopback one of the two is said. */
  readonly auth?: boolean;
}

export interface ServeWords extends DoorWords {
  readonly grpcPort?: number;
  readonly grpc: boolean;
  readonly workers: number;
  readonly lameDuck: number;
  readonly timeout: number;
  readonly maxBody: number;
  readonly maxBodies: number;
  readonly maxConnections: number;
  readonly connectionsPerAddress?: number;
  /** Origins whose pages may call. */
  readonly cors?: readonly string[];
  readonly maxRows: number;
  readonly maxQueue: number;
  readonly maxWait: number;
  readonly maxModels?: number;
  /** Opened for all that is served; deployments say it of themselves unless given. */
  readonly modelControl?: boolean;
  readonly recordsApi?: boolean;
  readonly isolation: Isolation;
  readonly modelWorkers?: number;
  /** The topic that answers go to, whether they wait for it, and the topics of better ones. */
  readonly publish?: string;
  readonly publishWait?: true;
  readonly better?: readonly string[];
  readonly logLevel: Level;
}

const seconds = (text: string): number => {
  if (/^\d{1,6}(?:\.\d+)?$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected seconds.');
};
const topic = (text: string): string => {
  if (/^[A-Za-z0-9._-]{1,249}$/.test(text)) return text;
  throw new InvalidArgumentError('Expected letters, digits, dots, dashes and underscores.');
};
const topics = (text: string, before: readonly string[] = []): readonly string[] => [...before, topic(text)];
const host = (text: string): string => {
  if (URL.canParse(`http://${text}`) && new URL(`http://${text}`).hostname === text.toLowerCase())
    return text.toLowerCase();
  throw new InvalidArgumentError('Expected a name or an address without a port, such as models.example.');
};
export const hosts = (text: string, before: readonly string[] = []): readonly string[] => [...before, host(text)];
const origins = (text: string, before: readonly string[] = []): readonly string[] => {
  if (text === '*' || (URL.canParse(text) && new URL(text).origin === text)) return [...before, text];
  throw new InvalidArgumentError('Expected an origin such as https://app.example, or *.');
};
/** `all`, `none` or `sample=0.1`, as a part from 0 to 1. */
export const share = (text: string): number => {
  if (text === 'all') return 1;
  if (text === 'none') return 0;
  const part = Number(/^sample=(0?\.\d{1,6}|[01](?:\.0*)?)$/.exec(text)?.[1]);
  if (part >= 0) return part;
  throw new InvalidArgumentError('Expected all, none, or a part of all such as sample=0.1.');
};

const MEBI = 2 ** 20;

const portOf = ({ port: given }: DoorWords, { PORT = '8080' }: NodeJS.ProcessEnv): number => {
  if (given !== undefined) return given;
  try {
    return port(PORT);
  } catch {
    throw usage('PORT is not a port.', 'a number from 0 to 65535', PORT);
  }
};

const recordOf = ({ record = 0, recordWait, recordDays, recordMost }: DoorWords): RecordOptions | undefined => {
  if (record > 0) return { share: record, wait: recordWait, days: recordDays, most: recordMost };
  if (!recordWait) return undefined;
  throw usage('--record-wait belongs to --record.', '--record all beside it', 'none');
};

/** @throws USAGE */
export const readDoorWords = (words: DoorWords, env: NodeJS.ProcessEnv): ServeOptions => {
  const { host, adminHost, adminPort, allowedHost } = words;
  if (adminHost !== undefined && adminPort === undefined) {
    throw usage('--admin-host belongs to --admin-port.', '--admin-port beside it', 'none');
  }
  return {
    host,
    port: portOf(words, env),
    admin: adminPort === undefined ? undefined : { host: adminHost, port: adminPort },
    allowedHosts: allowedHost,
    record: recordOf(words),
    auth: words.auth,
  };
};

const publishOf = ({ publish, publishWait, better }: ServeWords): ServeOptions['publish'] => {
  if (publish !== undefined) return { topic: publish, wait: publishWait, better };
  if (better === undefined && !publishWait) return undefined;
  throw usage('--better and --publish-wait belong to --publish.', '--publish <topic> beside them', 'none');
};

/** @throws USAGE */
export const readServeWords = (words: ServeWords, env: NodeJS.ProcessEnv): ServeOptions => ({
  ...readDoorWords(words, env),
  grpc: words.grpc && words.grpcPort,
  origins: words.cors,
  workers: words.workers,
  lameDuckMs: words.lameDuck * 1000,
  limits: {
    bodyBytes: words.maxBody * MEBI,
    bodiesBytes: Math.max(words.maxBody, words.maxBodies) * MEBI,
    connections: words.maxConnections,
    connectionsPerAddress: words.connectionsPerAddress ?? Math.ceil(words.maxConnections / 2),
    rows: words.maxRows,
    queueRequests: words.maxQueue,
    queueMs: words.maxWait * 1000,
    timeoutMs: words.timeout * 1000,
  },
  maxModels: words.maxModels,
  modelControl: words.modelControl,
  recordsApi: words.recordsApi,
  isolation: words.isolation,
  modelWorkers: words.modelWorkers,
  publish: publishOf(words),
  logLevel: words.logLevel,
});

/** What to do about a door that could not be opened, by the option of the service that says where it is. */
const ADVICE: Readonly<Record<string, string>> = {
  port: 'Choose another with --port (0 takes any free one) or --host.',
  admin: 'Choose another with --admin-port (0 takes any free one) or --admin-host.',
  grpc: 'Choose the port of gRPC with --grpc-port, or leave gRPC out with --no-grpc.',
};

/** Ends the message of a failure with what to do about it, in words of the command line. */
export const advised = async (work: Promise<void>): Promise<void> => {
  try {
    await work;
  } catch (error) {
    const { code, message, field, ...details } = problemOf(error);
    const advice = field === undefined ? undefined : ADVICE[field];
    throw code === 'CANNOT_LISTEN' && advice ? fail(code, `${message} ${advice}`, { ...details, cause: error }) : error;
  }
};

export const defineOptions = (command: Command): Command =>
  command
    .option('--port <port>', 'where to listen; 0 takes any free port (default: PORT, else 8080)', port)
    .option('--grpc-port <port>', 'where gRPC listens (default: the port after, 8081)', port)
    .option('--no-grpc', 'HTTP only')
    .option('--host <address>', 'which address to listen on; 0.0.0.0 for all of them', '127.0.0.1')
    .option('--workers <processes>', 'answer in so many processes behind one port', whole(1, 1024), 1)
    .option('--lame-duck <seconds>', 'go on answering for so long after SIGTERM, while /readyz says no', seconds, 0)
    .option('--timeout <seconds>', 'the longest that a request may wait', seconds, 60)
    .option('--max-body <MiB>', 'the largest body', whole(1, 1024), 16)
    .option('--max-bodies <MiB>', 'the most that all bodies take together', whole(1, 1_048_576), 256)
    .option('--max-connections <connections>', 'the most at a time, of each door', whole(1, 1_000_000), 10_000)
    .option(
      '--connections-per-address <connections>',
      'the most of one address at a time (default: half of all)',
      whole(1, 1_000_000),
    )
    .option('--cors <origin...>', 'let pages of these origins call, such as https://app.example; * for all', origins)
    .option('--max-rows <rows>', 'the most rows a request', whole(1, 10_000_000), 100_000)
    .option('--max-queue <requests>', 'the most requests that may wait for a model', whole(1, 1_000_000), 1024)
    .option('--max-wait <seconds>', 'refuse what would wait longer for its run', seconds, 0.15)
    .option('--max-models <models>', 'keep so many loaded, and put the least recently used aside', whole(1, 10_000))
    .addOption(
      new Option(
        '--isolation <where>',
        'where models run; auto: in processes of their own unless known to be safe and quick',
      )
        .choices(isolations)
        .default('auto'),
    )
    .option(
      '--model-workers <processes>',
      'of a model that has its own (default: as many as processors)',
      whole(1, 1024),
    )
    .option('--model-control', 'let callers load and unload models')
    .option('--no-model-control', 'do not, whatever millrace.yaml says')
    .option('--records-api', 'let callers read records, and label them')
    .option('--no-records-api', 'do not, whatever millrace.yaml says')
    .option('--auth', 'callers need a key: millrace keys create')
    .option('--no-auth', 'they need none, also those that are not on this machine')
    .option('--admin-port <port>', 'health, metrics, and these two if they are open, on a port of their own', port)
    .option('--admin-host <address>', 'which address that is on (default: 127.0.0.1)')
    .option('--allowed-host <name>', 'use these two under this name too; may be said several times', hosts)
    .addOption(
      new Option('--record <what>', 'keep records of predictions: all, sample=0.1 or none')
        .argParser(share)
        .default(0, 'none'),
    )
    .option('--record-wait', 'answer only once that is recorded, else refuse with 503')
    .option('--record-days <days>', 'keep them so long', whole(1, 36_500), 30)
    .option('--record-most <predictions>', 'keep so many', whole(1, 1e11), 10_000_000)
    .option('--publish <topic>', 'send each row and its prediction to a topic, after it was answered', topic)
    .option('--publish-wait', 'answer only once that is acknowledged, else refuse with 503')
    .option('--better <topic>', 'where better predictions of it come from; may be said several times', topics)
    .addOption(new Option('--log-level <level>', 'JSON lines on stderr').choices(levels).default('info'));
