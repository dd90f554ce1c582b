import { type Broker, lagOf, type Position } from '../../brokers/broker.ts';
import { MillraceError } from '../../core/errors.ts';
import { countDeadLetters } from '../../events/dead-letters.ts';
import type { StreamDeployment } from '../../modes/stream/deployment.ts';
import type { Cli } from '../command.ts';
import { many } from '../short.ts';
import { chosen, streamOf } from './deployments.ts';

export interface StatusOptions {
  readonly json?: true;
}

interface Status {
  readonly deployment: string;
  readonly partitions: readonly (Position & { readonly lag: number; readonly read: boolean })[];
  /** Topics that do not exist. */
  readonly missing: readonly string[];
  readonly deadLetters: number;
}

/** What a topic that does not exist yet would say. */
const orNone = async <T>(none: T, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'UNKNOWN_TOPIC') return none;
    throw error;
  }
};

const statusOf = async (broker: Broker, deployment: StreamDeployment): Promise<Status> => {
  const { name, group, from } = deployment;
  const positions = await Promise.all(from.map((topic) => orNone([], () => broker.positions(group, [topic]))));
  const unread = (await Promise.all(from.map((topic) => orNone([], () => broker.unread(group, [topic]))))).flat();
  const isRead = ({ topic, partition }: Position): boolean =>
    !unread.some((one) => one.topic === topic && one.partition === partition);
  return {
    deployment: name,
    partitions: positions.flat().map((one) => ({ ...one, lag: lagOf(one), read: isRead(one) })),
    missing: from.filter((_, i) => positions[i]?.length === 0),
    deadLetters: await orNone(0, () => countDeadLetters(broker, deployment)),
  };
};

/** `millrace stream status` */
export const status = async (given: readonly string[], { json }: StatusOptions, cli: Cli): Promise<void> => {
  const { terminal } = cli;
  const app = await cli.app();
  const deployments = chosen(app, given, 'stream').map((name) => streamOf(app, name));
  const broker = await app.broker();
  const all = await Promise.all(deployments.map((deployment) => statusOf(broker, deployment)));
  if (json) return terminal.json(all);
  terminal.table(
    all.flatMap(({ deployment, partitions }) =>
      partitions.map(({ topic, partition, committed, end, lag }) => ({
        deployment,
        topic,
        partition,
        committed,
        end,
        lag,
      })),
    ),
    ['deployment', 'topic', 'partition', 'committed', 'end', 'lag'],
  );
  for (const { deployment, partitions, missing } of all) {
    for (const topic of missing) terminal.err(`${deployment}: there is no topic ${topic}`);
    const unread = partitions.filter(({ read }) => !read);
    if (unread.length === 0) continue;
    const whole = unread.length === partitions.length;
    const what = whole ? 'any partition' : unread.map(({ topic, partition }) => `${topic}/${partition}`).join(', ');
    const lag = unread.reduce((sum, one) => sum + one.lag, 0);
    terminal.err(
      `${deployment}: no process reads ${what}; ${many(lag, 'event')} ${lag === 1 ? 'waits' : 'wait'} there`,
    );
  }
  for (const { deployment, deadLetters } of all) {
    if (deadLetters > 0)
      terminal.err(`${deployment}: ${many(deadLetters, 'dead letter')}; millrace stream dead-letters ${deployment}`);
  }
};
