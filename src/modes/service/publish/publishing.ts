/** What a service does with its answers beside giving them: it publishes them, and hears of better ones. */
import type { Broker, NewEvent } from '../../../brokers/broker.ts';
import type { Problem } from '../../../core/errors.ts';
import type { Answered, Answerer } from '../../../monitor/answered.ts';
import { answeredRows, countOf, sizeOf } from './answered-rows.ts';
import { type BetterPredictions, followBetter } from './better.ts';
import { createOutbox, type Outbox } from './outbox.ts';
import { outgoingEvents } from './outgoing.ts';
import type { OutboxFigures, UnpublishedReason } from './outgoing-calls.ts';
import type { Publish } from './settings.ts';
import { createTopic, type Topic } from './topics.ts';

export interface PublishingOptions {
  readonly broker: Broker;
  /** How what a model answers is published; undefined for one that is not. */
  readonly publishOf: (model: Pick<Answerer, 'ref' | 'deployment'>) => Publish | undefined;
  /** All that `publishOf` may say. */
  readonly all: readonly Publish[];
  /** Bytes that may wait to be published; half of it more is kept of what was. 32 MiB unless given. */
  readonly bufferBytes?: number;
  /** The largest event; 900,000 unless given. */
  readonly largestBytes?: number;
  /** Callers that may listen at a time; 1,000 unless given. */
  readonly listeners?: number;
  /** Told once when publishing or reading begins to fail, and once when it works again (with undefined). */
  readonly onTrouble?: (what: 'publishing' | 'reading', problem: Problem | undefined) => void;
}

/** A row that this process has answered. */
export interface Quick {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly ms: number;
  readonly deployment: string;
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  readonly input: unknown;
  readonly output: unknown;
}

export interface Publishing {
  /** Takes microseconds. Resolves once the call is acknowledged, where it is to wait. @throws STREAM_FAILED */
  publish(answered: Answered): Promise<void> | undefined;
  /** One of the last rows that this process has answered. */
  quick(id: string): Quick | undefined;
  readonly better: BetterPredictions | undefined;
  readonly figures: OutboxFigures & { readonly bufferBytes: number };
  /** Publishes what waits, for at most `mostMs` (2 s unless given), and stops. The broker is its owner's to close. */
  close(mostMs?: number): Promise<void>;
}

interface Recent {
  readonly answered: Answered;
  readonly publish: Publish;
  readonly at: number;
  readonly bytes: number;
}

/** The last calls by their ids, as many as have room. */
const createRecent = (mostBytes: number) => {
  const calls = new Map<string, Recent>();
  let bytes = 0;
  return {
    add(call: Recent): void {
      if (call.bytes > mostBytes) return;
      calls.set(call.answered.id, call);
      bytes += call.bytes;
      for (const [id, oldest] of calls) {
        if (bytes <= mostBytes) return;
        calls.delete(id);
        bytes -= oldest.bytes;
      }
    },
    find: (id: string): Recent | undefined => calls.get(id) ?? calls.get(id.replace(/\.\d+$/, '')),
  };
};

/** Told only when it changes. */
const changes = (tell: (problem: Problem | undefined) => void) => {
  let failing = false;
  return (problem: Problem | undefined): void => {
    if (failing === (problem !== undefined)) return;
    failing = problem !== undefined;
    tell(problem);
  };
};

export const createPublishing = (options: PublishingOptions): Publishing => {
  const { broker, publishOf, all, bufferBytes = 32 * 2 ** 20, largestBytes = 900_000, listeners, onTrouble } = options;
  const topics = new Map<string, Topic>();
  for (const { topic, better, partitions } of all) {
    for (const name of [topic, ...better]) topics.set(name, createTopic(broker, name, { partitions }));
  }
  const produce = async (events: readonly NewEvent[]): Promise<void> => {
    await Promise.all([...new Set(events.map(({ topic }) => topic))].map((name) => topics.get(name)?.make()));
    await broker.produce(events);
  };
  const outboxOf = (wait: boolean): Outbox =>
    createOutbox({
      produce,
      bufferBytes: bufferBytes / 2,
      largestBytes,
      wait,
      onTrouble: changes((problem) => onTrouble?.('publishing', problem)),
    });
  const outboxes = { waited: outboxOf(true), unwaited: outboxOf(false) };
  const recent = createRecent(bufferBytes / 2);
  const betterNames = new Set(all.flatMap(({ better }) => better));
  const better =
    betterNames.size === 0
      ? undefined
      : followBetter({
          broker,
          topics: [...topics.values()].filter(({ name }) => betterNames.has(name)),
          listeners,
          onTrouble: changes((problem) => onTrouble?.('reading', problem)),
        });

  return {
    publish(answered) {
      const publish = publishOf(answered.model);
      const rows = publish === undefined ? 0 : countOf(answered);
      if (publish === undefined || rows === 0) return undefined;
      const { topic, wait, timeoutMs } = publish;
      const at = Date.now();
      const bytes = sizeOf(answered);
      recent.add({ answered, publish, at, bytes });
      const events = outgoingEvents(answered, publish, at);
      return (wait ? outboxes.waited : outboxes.unwaited).add({ topic, rows, bytes, events, timeoutMs });
    },
    quick(id) {
      const found = recent.find(id);
      if (found === undefined) return undefined;
      const { answered, publish, at } = found;
      const { model, ms } = answered;
      for (const row of answeredRows(answered)) {
        // Row 0 of a call of one row goes by the call's id too, as in records.
        if (![id, `${id}.0`, id.replace(/\.0$/, '')].includes(row.id)) continue;
        const { name, version, digest } = model;
        return { ...row, at, ms, deployment: publish.deployment, model: name, version, digest };
      }
      return undefined;
    },
    better,
    get figures() {
      const [one, other] = [outboxes.waited.figures, outboxes.unwaited.figures];
      const reasons = Object.keys(one.dropped) as UnpublishedReason[];
      return {
        published: one.published + other.published,
        dropped: Object.fromEntries(
          reasons.map((reason) => [reason, one.dropped[reason] + other.dropped[reason]]),
        ) as Record<UnpublishedReason, number>,
        waitingBytes: one.waitingBytes + other.waitingBytes,
        bufferBytes,
      };
    },
    async close(mostMs = 2000) {
      await Promise.all([outboxes.waited.close(mostMs), outboxes.unwaited.close(mostMs), better?.close()]);
    },
  };
};
