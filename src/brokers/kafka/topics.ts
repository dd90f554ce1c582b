import type { Base } from '@platformatic/kafka';
import { fail } from '../../core/errors.ts';
import { says } from './errors.ts';

/** A topic as it is now. One that is deleted and made again has another id (KIP-516). */
export interface KnownTopic {
  readonly id: string;
  readonly partitions: number;
}

export type KnownTopics = ReadonlyMap<string, KnownTopic>;

export type Metadata = Pick<Awaited<ReturnType<Base['metadata']>>, 'brokers' | 'topics'>;

const isUnknown = (error: unknown): boolean =>
  says(error, 'UNKNOWN_TOPIC_OR_PARTITION') || /Unknown topic /.test((error as Error).message);

/** What the brokers say of these topics, without those that do not exist: the client makes a failure of one of them. */
export const metadataOf = async (
  client: Base,
  names: readonly string[],
  options: { readonly forceUpdate?: boolean } = {},
): Promise<Metadata> => {
  try {
    return await client.metadata({ topics: [...names], retries: 0, ...options });
  } catch (error) {
    // Whatever else it is may be over in a moment.
    if (!isUnknown(error)) return client.metadata({ topics: [...names], ...options });
    if (names.length === 1) return { brokers: new Map(), topics: new Map() };
  }
  const each = await Promise.all(names.map((name) => metadataOf(client, [name], options)));
  return {
    brokers: new Map(each.flatMap(({ brokers }) => [...brokers])),
    topics: new Map(each.flatMap(({ topics }) => [...topics])),
  };
};

/** These topics as they are now, without those that do not exist. */
export const findTopics = async (client: Base, names: readonly string[]): Promise<KnownTopics> => {
  const { topics } = await metadataOf(client, names, { forceUpdate: true });
  return new Map([...topics].map(([name, { id, partitionsCount }]) => [name, { id, partitions: partitionsCount }]));
};

export const noTopic = (topic: string, place: string) =>
  fail('UNKNOWN_TOPIC', `${place} has no topic '${topic}'`, { expected: 'a topic that exists', got: topic });

/** These topics as they are now. @throws UNKNOWN_TOPIC for one that does not exist */
export const requireTopics = async (client: Base, names: readonly string[], place: string): Promise<KnownTopics> => {
  const found = await findTopics(client, names);
  for (const topic of names) if (!found.has(topic)) throw noTopic(topic, place);
  return found;
};

/** Whether there is the same to read in both. */
export const areSame = (a: KnownTopics, b: KnownTopics): boolean =>
  a.size === b.size &&
  [...a].every(([name, { id, partitions }]) => {
    const other = b.get(name);
    return other?.id === id && other.partitions === partitions;
  });

/** What is wrong with reading on in a topic that is gone. */
export const deleted = (topic: string) =>
  fail(
    'UNKNOWN_TOPIC',
    `The topic '${topic}' has been deleted; what is made under its name is read from its beginning`,
    {
      expected: 'a topic that exists',
      got: topic,
    },
  );
