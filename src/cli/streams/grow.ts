import { many } from '../../terminal/short.ts';
import type { Cli } from '../command.ts';

/** `millrace stream grow` */
export const grow = async (topic: string, partitions: number, cli: Cli): Promise<void> => {
  const broker = await (await cli.app()).broker();
  await broker.growTopic(topic, partitions);
  const now = (await broker.topics()).find((one) => one.topic === topic)?.partitions ?? partitions;
  cli.terminal.err(`${topic} has ${many(now, 'partition')}`);
};
