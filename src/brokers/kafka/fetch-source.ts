import { ProtocolError, protocolErrors } from '@platformatic/kafka';
import type { StreamEvent } from '../broker.ts';
import type { FetchedPartition } from './fetch-request.ts';
import { readPartition } from './records.ts';
import { deleted } from './topics.ts';

export interface FetchSourceOptions {
  readonly topic: string;
  /** By which a topic of the same name that is made later is told from this one. */
  readonly topicId: string;
  readonly partition: number;
  /** Where reading begins. */
  readonly next: number;
  /** How many more events can be held; it is not asked for while this is 0. */
  readonly room: () => number;
  readonly push: (events: readonly StreamEvent[], next: number) => void;
  /** Called when what was to be read next is not there any more. Resolves to where to go on. */
  readonly outOfRange: (next: number) => Promise<number>;
  readonly fail: (error: unknown) => void;
}

/** A partition to be read, and where what is read goes. */
export interface FetchSource extends Pick<FetchSourceOptions, 'topic' | 'topicId' | 'partition' | 'room' | 'fail'> {
  /** Where reading goes on. */
  readonly next: number;
  /** The end of the partition, as last heard. */
  readonly end: number;
  /** The end was heard of otherwise than by reading. */
  endsAt(end: number): void;
  /** About as many bytes as there is room for. */
  wantedBytes(): number;
  /** Takes what a broker has answered. @throws UNKNOWN_TOPIC; what the client throws */
  take(answer: FetchedPartition): Promise<void>;
}

const LEAST_BYTES = 1024;
/** Of the bytes of an event, until some have been seen. */
const FIRST_EVENT_BYTES = 100;
/** How a broker says that a topic is gone, or that another has its name now. */
const unknownTopic: ReadonlySet<number> = new Set(
  [
    protocolErrors.UNKNOWN_TOPIC_OR_PARTITION,
    protocolErrors.UNKNOWN_TOPIC_ID,
    protocolErrors.INCONSISTENT_TOPIC_ID,
  ].map(({ code }) => code),
);

export const createFetchSource = ({ push, outOfRange, ...options }: FetchSourceOptions): FetchSource => {
  const { topic, topicId, partition, room, fail } = options;
  let { next } = options;
  let end = next;
  let eventBytes = FIRST_EVENT_BYTES;

  const read = (answer: FetchedPartition): void => {
    const fetched = readPartition(topic, answer, next);
    const { events } = fetched;
    end = fetched.end;
    if (fetched.next === next) return;
    if (events.length > 0) {
      const bytes = events.reduce((sum, { key, value }) => sum + (key?.length ?? 0) + (value?.length ?? 0) + 16, 0);
      eventBytes = bytes / events.length;
    }
    next = fetched.next;
    push(events, next);
  };

  return {
    topic,
    topicId,
    partition,
    room,
    fail,
    get next() {
      return next;
    },
    get end() {
      return end;
    },
    endsAt: (heard) => {
      end = heard;
    },
    wantedBytes: () => Math.ceil(Math.max(LEAST_BYTES, room() * eventBytes)),
    take: async (answer) => {
      const { errorCode } = answer;
      if (errorCode === 0) read(answer);
      else if (errorCode === protocolErrors.OFFSET_OUT_OF_RANGE.code) next = await outOfRange(next);
      else if (unknownTopic.has(errorCode)) throw deleted(topic);
      else throw new ProtocolError(errorCode);
    },
  };
};
