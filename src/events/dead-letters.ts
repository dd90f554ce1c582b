/** Events that nothing could be made of: kept as they came, with the reason in their headers. */
import { type Broker, type Headers, header, type NewEvent, type StreamEvent } from '../brokers/broker.ts';
import type { Code, Problem } from '../core/errors.ts';
import { type KeyJson, keyJson } from './key.ts';

const PREFIX = 'millrace-';
const encoder = new TextEncoder();

/** Where an event stood first, also when it comes again. */
export interface Origin {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

const own = ({ headers }: Pick<StreamEvent, 'headers'>): Headers =>
  headers.filter(([name]) => !name.startsWith(PREFIX));

/** The first place of an event; only those that are replayed say so in their headers. */
export const originOf = (event: StreamEvent, replay: string): Origin => {
  const topic = event.topic === replay ? header(event, `${PREFIX}topic`) : undefined;
  if (topic === undefined) return event;
  return {
    topic,
    partition: Number(header(event, `${PREFIX}partition`)),
    offset: Number(header(event, `${PREFIX}offset`)),
  };
};

export interface Death {
  readonly origin: Origin;
  readonly problem: Problem;
  readonly deployment: string;
  /** `name@version`, where there is one. */
  readonly model?: string;
}

/** The event as it came, with what was wrong about it. */
export const toDeadLetter = (event: StreamEvent, topic: string, death: Death): NewEvent => {
  const { origin, problem, deployment, model } = death;
  const notes: Readonly<Record<string, string | undefined>> = {
    code: problem.code,
    reason: problem.message,
    field: problem.field,
    topic: origin.topic,
    partition: String(origin.partition),
    offset: String(origin.offset),
    deployment,
    model,
  };
  const told = Object.entries(notes).flatMap(
    ([name, value]): Headers => (value === undefined ? [] : [[PREFIX + name, encoder.encode(value)]]),
  );
  return { topic, key: event.key, value: event.value, headers: [...own(event), ...told], at: event.at };
};

/** A dead letter as people read it. */
export interface DeadLetter extends Origin {
  readonly code: Code;
  readonly reason: string;
  readonly field?: string;
  readonly model: string;
  readonly key: KeyJson | null;
  readonly at: number;
  readonly event: StreamEvent;
}

const toLetter = (event: StreamEvent): DeadLetter => {
  const field = header(event, `${PREFIX}field`);
  return {
    code: (header(event, `${PREFIX}code`) ?? 'INTERNAL') as Code,
    reason: header(event, `${PREFIX}reason`) ?? '',
    ...(field !== undefined && { field }),
    topic: header(event, `${PREFIX}topic`) ?? event.topic,
    partition: Number(header(event, `${PREFIX}partition`) ?? event.partition),
    offset: Number(header(event, `${PREFIX}offset`) ?? event.offset),
    model: header(event, `${PREFIX}model`) ?? '',
    key: event.key && keyJson(event.key),
    at: event.at,
    event,
  };
};

export interface Graveyard {
  readonly deadLetters: string;
  readonly replay: string;
  readonly group: string;
}

const replayGroup = ({ group }: Graveyard): string => `${group}.replay`;

/** Those that were not replayed yet, in the order in which they died within each partition. */
export async function* readDeadLetters(broker: Broker, grave: Graveyard): AsyncGenerator<DeadLetter> {
  const positions = await broker.positions(replayGroup(grave), [grave.deadLetters], { stable: true });
  const from = new Map(positions.map(({ partition, start, committed }) => [partition, committed ?? start]));
  for await (const { events } of broker.read(grave.deadLetters, { from, untilEnd: true })) {
    for (const event of events) yield toLetter(event);
  }
}

/** How many were not replayed yet. They are read: offsets of Kafka count marks of transactions too. */
export const countDeadLetters = async (broker: Broker, grave: Graveyard): Promise<number> => {
  let count = 0;
  for await (const _ of readDeadLetters(broker, grave)) count++;
  return count;
};

/** Hands all dead letters to their deployment again, each of them once. Resolves to their number. */
export const replayDeadLetters = async (broker: Broker, grave: Graveyard, signal: AbortSignal): Promise<number> => {
  const { deadLetters, replay } = grave;
  const group = replayGroup(grave);
  const ends = await broker.positions(group, [deadLetters], { stable: true });
  const open = new Set(
    ends.filter(({ start, end, committed }) => (committed ?? start) < end).map(({ partition }) => partition),
  );
  if (open.size === 0) return 0;
  let moved = 0;
  const done = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => done.resolve());
  const membership = broker.consume(
    { group, topics: [deadLetters], start: 'earliest', onTrouble: (error) => done.reject(error) },
    async (partition) => {
      const end = ends[partition.partition]?.end ?? 0;
      while (!partition.signal.aborted && open.has(partition.partition)) {
        const { events, position } = await partition.take(500);
        if (partition.signal.aborted) return;
        await partition.commit(
          position,
          events.map(({ key, value, headers, at }) => ({ topic: replay, key, value, headers, at })),
        );
        moved += events.length;
        if (position >= end) open.delete(partition.partition);
      }
      if (open.size === 0) done.resolve();
    },
  );
  try {
    await done.promise;
  } finally {
    await membership.leave();
  }
  return moved;
};
