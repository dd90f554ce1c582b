/** How far a deployment is, whichever processes are at it. */
import { type Broker, lagOf, type Position } from '../../brokers/broker.ts';
import { MillraceError } from '../../core/errors.ts';
import { countDeadLetters } from '../../events/dead-letters.ts';
import type { StreamDeployment } from './deployment.ts';

export interface StreamStatus {
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

export const statusOf = async (broker: Broker, deployment: StreamDeployment): Promise<StreamStatus> => {
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
