/** A real Apache Kafka for tests and for trying things out: one node in KRaft mode, run by the Java of this machine. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const version = '3.9.1';
const cache = join(import.meta.dirname, '..', '.cache', 'kafka');
const jars = join(cache, version);

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>millrace</groupId>
  <artifactId>kafka</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>${version}</version>
    </dependency>
    <dependency>
      <groupId>ch.qos.reload4j</groupId>
      <artifactId>reload4j</artifactId>
      <version>1.2.25</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-reload4j</artifactId>
      <version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
`;

const logging = `log4j.rootLogger=WARN, stdout
log4j.appender.stdout=org.apache.log4j.ConsoleAppender
log4j.appender.stdout.layout=org.apache.log4j.PatternLayout
log4j.appender.stdout.layout.ConversionPattern=%d %p %m (%c)%n
`;

/** A second door of the broker, with TLS and with users that have a password. */
export interface SecureOptions {
  readonly user: string;
  readonly password: string;
}

interface SecureListener extends SecureOptions {
  readonly port: number;
  readonly keystore: string;
}

const storePassword = 'millrace';

/** A key and a certificate that signs itself, for this machine. Writes the certificate to `ca.pem` beside it. */
const makeKeystore = (folder: string): string => {
  const keystore = join(folder, 'keystore.p12');
  const store = ['-keystore', keystore, '-storepass', storePassword, '-alias', 'millrace'];
  const keytool = (...args: readonly string[]): string => {
    const { status, stdout, stderr } = spawnSync('keytool', [...args, ...store], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`keytool failed: ${stdout}${stderr}`);
    return stdout;
  };
  const name = ['-dname', 'CN=localhost', '-ext', 'SAN=dns:localhost,ip:127.0.0.1', '-validity', '30'];
  keytool('-genkeypair', '-keyalg', 'RSA', '-keysize', '2048', '-storetype', 'PKCS12', ...name);
  writeFileSync(join(folder, 'ca.pem'), keytool('-exportcert', '-rfc'));
  return keystore;
};

const secureProperties = ({ user, password, keystore }: SecureListener): string => {
  const login = (mechanism: string, module: string, users: string): string =>
    `listener.name.secure.${mechanism}.sasl.jaas.config=org.apache.kafka.common.security.${module} required ${users};\n`;
  return `listener.name.secure.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256
${login('plain', 'plain.PlainLoginModule', `user_${user}="${password}"`)}${login('scram-sha-256', 'scram.ScramLoginModule', '')}ssl.keystore.location=${keystore}
ssl.keystore.password=${storePassword}
ssl.keystore.type=PKCS12
`;
};

const properties = (
  data: string,
  port: number,
  controller: number,
  secure?: SecureListener,
): string => `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controller}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}${secure ? `,SECURE://127.0.0.1:${secure.port}` : ''}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}${secure ? `,SECURE://localhost:${secure.port}` : ''}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL
${secure ? secureProperties(secure) : ''}log.dirs=${data}
num.partitions=3
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=500
`;

/** What this machine lacks to run Kafka, in one line; undefined when nothing. */
export const lacking = (): string | undefined => {
  const runs = (command: string): boolean => spawnSync(command, ['-version'], { stdio: 'ignore' }).status === 0;
  const missing = [
    ...(runs('java') ? [] : ['Java 17 (java)']),
    ...(existsSync(jars) || runs('mvn') ? [] : ['Maven (mvn)']),
  ];
  return missing.length === 0
    ? undefined
    : `Kafka needs ${missing.join(' and ')}, which this machine lacks: on Debian, apt-get install default-jre-headless maven`;
};

/** Fetches Kafka from Maven Central, once; it stays in the ignored folder `.cache`. */
export const fetchKafka = (): void => {
  if (existsSync(jars)) return;
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'fetch-'));
  try {
    writeFileSync(join(work, 'pom.xml'), pom);
    const { status, stdout, stderr } = spawnSync(
      'mvn',
      ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=jars'],
      {
        cwd: work,
        encoding: 'utf8',
      },
    );
    if (status !== 0)
      throw new Error(`Maven could not fetch Kafka ${version}: ${`${stdout}${stderr}`.trim().slice(0, 2000)}`);
    writeFileSync(join(work, 'jars', 'log4j.properties'), logging);
    if (!existsSync(jars)) renameSync(join(work, 'jars'), jars);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
};

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });

export interface KafkaBroker {
  /** Such as `kafka://127.0.0.1:9092`. */
  readonly address: string;
  /** Host and port of the second door, and the certificate to trust it by; where it was asked for. */
  readonly secure: { readonly host: string; readonly ca: string } | undefined;
  /** Resolves when the process ends, whatever ended it. */
  ended(): Promise<void>;
  /** Ends the process and keeps its data; `start` makes it answer at the same address again. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  start(): Promise<void>;
  /** Ends the process and removes its data, unless the folder was given. */
  remove(): Promise<void>;
}

export interface KafkaOptions {
  /** A free one unless said. */
  readonly port?: number;
  /** Where its data lies; a new folder that `remove` deletes unless said. */
  readonly data?: string;
  readonly secure?: SecureOptions;
}

const startsWithin = 60_000;

/** Starts a broker and waits until it answers. */
export const startKafka = async ({ port: wanted, data: given, secure }: KafkaOptions = {}): Promise<KafkaBroker> => {
  fetchKafka();
  const data = given ?? mkdtempSync(join(tmpdir(), 'millrace-kafka-'));
  mkdirSync(data, { recursive: true });
  const port = wanted ?? (await freePort());
  const settings = join(data, 'server.properties');
  const log = join(data, 'kafka.log');
  const door = secure && { ...secure, port: await freePort(), keystore: makeKeystore(data) };
  writeFileSync(settings, properties(join(data, 'log'), port, await freePort(), door));
  const classes = `${jars}/*:${jars}`;
  const java = (...args: readonly string[]): string[] => ['-cp', classes, ...args];

  if (!existsSync(join(data, 'log', 'meta.properties'))) {
    // A leading dash would be taken for another option.
    const id = Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url').replace(/^-/, 'A');
    const scram = secure ? ['--add-scram', `SCRAM-SHA-256=[name=${secure.user},password=${secure.password}]`] : [];
    const format = spawnSync('java', java('kafka.tools.StorageTool', 'format', '-t', id, '-c', settings, ...scram), {
      encoding: 'utf8',
    });
    if (format.status !== 0) throw new Error(`Kafka could not make its folder: ${format.stderr.slice(-2000)}`);
  }

  let child: ChildProcess | undefined;
  let over: Promise<void> = Promise.resolve();
  // A broker must not outlive who started it.
  const onExit = (): void => {
    child?.kill('SIGKILL');
  };
  const start = async (): Promise<void> => {
    const output = openSync(log, 'a');
    const started = spawn('java', ['-Xms256m', '-Xmx512m', '-XX:+UseSerialGC', ...java('kafka.Kafka', settings)], {
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    child = started;
    over = new Promise((resolve) => {
      started.on('exit', () => resolve());
    });
    process.on('exit', onExit);
    const deadline = performance.now() + startsWithin;
    while (!(await answers(port))) {
      if (started.exitCode !== null || performance.now() > deadline) {
        throw new Error(`Kafka did not start: ${readFileSync(log, 'utf8').slice(-2000)}`);
      }
      await sleep(100);
    }
  };
  const stop = async (signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> => {
    process.off('exit', onExit);
    child?.kill(signal);
    const late = setTimeout(() => child?.kill('SIGKILL'), 10_000);
    await over;
    clearTimeout(late);
  };
  await start();
  return {
    address: `kafka://127.0.0.1:${port}`,
    secure: door && { host: `localhost:${door.port}`, ca: join(data, 'ca.pem') },
    ended: () => over,
    stop,
    start,
    remove: async () => {
      await stop('SIGKILL');
      if (given === undefined) rmSync(data, { recursive: true, force: true });
    },
  };
};
