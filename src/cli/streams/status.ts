import { named } from '../../deployments/stream.ts';
import { statusOf } from '../../modes/stream/status.ts';
import { many } from '../../terminal/short.ts';
import type { Cli } from '../command.ts';
import { chosen } from './deployments.ts';

export interface StatusOptions {
  readonly json?: true;
}

/** `millrace stream status` */
export const status = async (given: readonly string[], { json }: StatusOptions, cli: Cli): Promise<void> => {
  const { terminal } = cli;
  const app = await cli.app();
  const deployments = chosen(app, given, 'stream').map((name) => named(app, name));
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
