/** The port of streams: topics of keyed events in partitions, groups that share them, and one atomic step. */
import { fail } from '../core/errors.ts';
import { utf8Text } from '../text/utf8.ts';

/** Names may repeat, as Kafka allows. */
export type Headers = readonly (readonly [name: string, value: Uint8Array])[];

export interface NewEvent {
  readonly topic: string;
  /** Events of one key go to one partition, in order; events without a key go to all of them in turn. */
  readonly key?: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers?: Headers;
  /** When it happened, in milliseconds since the epoch; now unless given. */
  readonly at?: number;
}

export interface StreamEvent {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: Headers;
  /** In milliseconds since the epoch. */
  readonly at: number;
}

export interface EventBatch {
  /** In the order of their offsets, all of one partition. */
  readonly events: readonly StreamEvent[];
  /** Where reading goes on; committing it says that all before it is done. */
  readonly position: number;
}

export interface TopicOptions {
  /** 3 unless given. */
  readonly partitions?: number;
  /** How long events are kept; 7 days unless given. */
  readonly retentionMs?: number;
  /** The largest event, where the broker has a limit of its own. */
  readonly largestBytes?: number;
}

export interface TopicInfo {
  readonly topic: string;
  readonly partitions: number;
}

export interface Position {
  readonly topic: string;
  readonly partition: number;
  /** The first offset that is still kept. */
  readonly start: number;
  /** The offset that the next event gets. */
  readonly end: number;
  /** Where the group goes on; null before its first commit. */
  readonly committed: number | null;
}

/** A partition that no member of a group has. */
export interface UnreadPartition {
  readonly topic: string;
  readonly partition: number;
  /** Events that the group has not done yet. */
  readonly lag: number;
}

/** A partition that this member of the group owns for now. */
export interface AssignedPartition {
  readonly topic: string;
  readonly partition: number;
  /** Aborted when the partition is wanted back: finish or drop what is under way, and return. */
  readonly signal: AbortSignal;
  /**
   * The next events: up to `most`, as soon as there are any, or `delayMs` after the first of them arrived (0 unless given).
   * None once `signal` is aborted. What is not taken stays in the broker, save a bounded number that wait here: whoever
   * takes slowly pauses the partition.
   */
  take(most: number, delayMs?: number): Promise<EventBatch>;
  /**
   * Publishes `results` and moves the group to `position`, both or neither.
   *
   * @throws FENCED, and nothing is changed, when the partition has gone to another member.
   */
  commit(position: number, results?: readonly NewEvent[]): Promise<void>;
  /** Events that wait here, taken by nobody yet. */
  readonly waiting: number;
  /** Events that are not committed yet, to the end of the partition as last heard. */
  readonly lag: number;
}

export interface GroupOptions {
  readonly group: string;
  /**
   * One that does not exist is waited for; the others are read meanwhile. What is added to them is read too, and one that
   * was deleted and made again is read anew.
   */
  readonly topics: readonly string[];
  /**
   * Where a group begins that is new to a topic. Partitions that are added to a topic of the group, and a topic that is
   * made while the group is there, are read from their first event: nobody could have read it before.
   */
  readonly start: 'earliest' | 'latest';
  /** How many events, and bytes of them, may wait in a partition; 1,000 and 4 MiB unless given. */
  readonly waiting?: { readonly events: number; readonly bytes: number };
  /** What went wrong and will be tried again. */
  readonly onTrouble?: (error: unknown) => void;
}

export interface Membership {
  /** False until the group has let this member in, and while its broker cannot be reached. */
  readonly joined: boolean;
  /** The partitions at work here. */
  readonly partitions: readonly AssignedPartition[];
  /** Topics that did not exist when this member last looked. */
  readonly missing: readonly string[];
  /** Partitions that no member of the group had then; some for a moment, while they change hands. */
  readonly unread: readonly UnreadPartition[];
  /** Waits for the work under way, and gives the partitions to the other members. May be called twice. */
  leave(): Promise<void>;
}

export interface ReadTopicOptions {
  /**
   * Offsets by partition mean these partitions alone, each from there on, or from the first that is still kept. Partitions
   * that are added while reading goes on are read from their first event, whatever is said here.
   */
  readonly from: 'earliest' | 'latest' | ReadonlyMap<number, number>;
  /** Ends at what was the end of the topic when reading began. */
  readonly untilEnd?: boolean;
  readonly signal?: AbortSignal;
}

export interface BrokerOptions {
  /** The folder in which the embedded log lies unless its address says another. */
  readonly home: string;
  /** The folder that relative paths in an address start from. */
  readonly folder: string;
  /** The name under which a broker may list this client; `millrace` unless given. */
  readonly client?: string;
}

export interface Broker {
  /** Where it is, without secrets, for messages. */
  readonly place: string;
  /** Makes a topic that is missing; one that exists stays as it is. */
  ensureTopic(topic: string, options?: TopicOptions): Promise<void>;
  /**
   * Adds partitions to a topic until there are so many; one that has as many stays as it is. From then on a key may lie in
   * another partition than before.
   *
   * @throws UNKNOWN_TOPIC, STREAM_FAILED
   */
  growTopic(topic: string, partitions: number): Promise<void>;
  /** Sorted by name, without those of the broker itself. */
  topics(): Promise<readonly TopicInfo[]>;
  /**
   * Durable once it resolves, in order within a key.
   *
   * @throws UNKNOWN_TOPIC, STREAM_FAILED
   */
  produce(events: readonly NewEvent[]): Promise<void>;
  /**
   * Joins a group and calls `work` once for each partition that it is given, for as long as it has it. When `work`
   * throws, it is called again from the last committed position. Never gives up: what goes wrong is told to `onTrouble`.
   */
  consume(options: GroupOptions, work: (partition: AssignedPartition) => Promise<void>): Membership;
  /** Reads all partitions, unless `from` says which, without a group and without leaving a trace. */
  read(topic: string, options: ReadTopicOptions): AsyncIterable<EventBatch>;
  /** How far a group is in every partition of these topics. With `stable` it waits for commits that are under way. */
  positions(
    group: string,
    topics: readonly string[],
    options?: { readonly stable?: boolean },
  ): Promise<readonly Position[]>;
  /** Partitions of these topics that no living member of a group has. @throws UNKNOWN_TOPIC */
  unread(group: string, topics: readonly string[]): Promise<readonly UnreadPartition[]>;
  close(): Promise<void>;
}

/** What a member tells once of a topic that it waits for. */
export const notThere = (topic: string) =>
  fail('UNKNOWN_TOPIC', `There is no topic '${topic}'; it is read once it is there`, {
    expected: 'a topic that exists',
    got: topic,
  });

/** How many events a group has still to do in a partition. */
export const lagOf = ({ start, end, committed }: Omit<Position, 'topic' | 'partition'>): number =>
  Math.max(0, end - Math.max(start, committed ?? start));

/** Where reading of a partition begins; undefined for one that is not to be read. */
export const firstOffset = (
  from: ReadTopicOptions['from'],
  { partition, start, end }: Omit<Position, 'topic' | 'committed'>,
): number | undefined => {
  if (typeof from === 'string') return from === 'latest' ? end : start;
  const offset = from.get(partition);
  return offset === undefined ? undefined : Math.min(end, Math.max(start, offset));
};

/** The last header of this name as text; undefined for one that is not UTF-8, too. */
export const header = ({ headers }: Pick<StreamEvent, 'headers'>, name: string): string | undefined => {
  const bytes = headers.findLast(([one]) => one === name)?.[1];
  return bytes && utf8Text(bytes);
};
