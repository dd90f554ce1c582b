/** Better predictions as they come from topics, the last of them kept at hand by the id of the quick one. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Broker, StreamEvent } from '../../../brokers/broker.ts';
import { fail, type Problem, problemOf } from '../../../core/errors.ts';
import { readEvent } from '../../../events/cloud-event.ts';
import { toldJson } from '../../../text/exact-json.ts';
import type { Topic } from './topics.ts';

/** A better prediction as JSON: at, deployment, model, version, digest and prediction. */
export interface Better {
  /** By which it is told from another prediction of the same row. */
  readonly mark: string;
  readonly json: string;
}

export interface BetterOptions {
  readonly broker: Broker;
  readonly topics: readonly Topic[];
  /** Predictions, and bytes of them, that are kept at hand; 50,000 and 32 MiB unless given. */
  readonly most?: number;
  readonly bytes?: number;
  /** Callers that may listen at a time; 1,000 unless given. */
  readonly listeners?: number;
  readonly onTrouble: (problem: Problem | undefined) => void;
}

export interface Listener {
  hear(better: Better): void;
  /** Nothing comes any more. */
  end(): void;
}

export interface BetterPredictions {
  of(id: string): readonly Better[];
  /** Tells of those that come from now on; the returned function ends it. @throws UNAVAILABLE */
  listen(id: string, listener: Listener): () => void;
  readonly listening: number;
  /** Ends all listening; nobody can listen after it. */
  hangUp(): void;
  close(): Promise<void>;
}

/** Of one row; a topic that names one id without end must not fill the memory. */
const MOST_OF_ONE = 20;
const PAUSE_MS = 1000;

/** The data of a prediction event, as far as it is looked at. */
interface Predicted {
  readonly deployment: string;
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  readonly prediction: unknown;
  readonly event: { readonly id: string };
}

const isPredicted = (data: unknown): data is Predicted => {
  const { event, prediction } = (data ?? {}) as Partial<Predicted>;
  return prediction !== undefined && typeof event?.id === 'string';
};

/**
 * Streams carry the id of the event that they predict; one that predicts predictions has the ids before it as the path
 * of its own. Ids of the service have no slash.
 */
const firstId = (id: string): string => id.slice(id.lastIndexOf('/') + 1);

const readBetter = (event: StreamEvent): (Better & { readonly id: string }) | undefined => {
  const { cloudEvent, data } = readEvent(event).incoming ?? {};
  if (cloudEvent === undefined || !isPredicted(data)) return undefined;
  const { deployment, model, version, digest, prediction } = data;
  return {
    id: firstId(data.event.id),
    mark: `${cloudEvent.source} ${cloudEvent.id}`,
    json: toldJson({ at: cloudEvent.time, deployment, model, version, digest, prediction }),
  };
};

/** Follows the topics until it is closed, from as far back as is kept at hand. What fails is tried again. */
export const followBetter = (options: BetterOptions): BetterPredictions => {
  const { broker, topics, most = 50_000, bytes: mostBytes = 32 * 2 ** 20, listeners: mostListeners = 1000 } = options;
  const { onTrouble } = options;
  const stop = new AbortController();
  /** In the order in which ids came for the first time. */
  const kept = new Map<string, Better[]>();
  const listeners = new Map<string, Set<Listener>>();
  let bytes = 0;
  let listening = 0;
  let ended = false;

  const sizeOf = (better: Better): number => 200 + 2 * better.json.length;
  const forget = (): void => {
    for (const [id, all] of kept) {
      if (kept.size <= most && bytes <= mostBytes) return;
      kept.delete(id);
      for (const one of all) bytes -= sizeOf(one);
    }
  };
  const hear = (event: StreamEvent): void => {
    const better = readBetter(event);
    if (better === undefined) return;
    const all = kept.get(better.id) ?? [];
    // A topic that is written at least once may say the same again.
    if (all.length >= MOST_OF_ONE || all.some(({ mark }) => mark === better.mark)) return;
    all.push(better);
    kept.set(better.id, all);
    bytes += sizeOf(better);
    forget();
    for (const listener of listeners.get(better.id) ?? []) listener.hear(better);
  };

  const follow = async (topic: Topic): Promise<void> => {
    const next = new Map<number, number>();
    while (!stop.signal.aborted) {
      try {
        await topic.make();
        const positions = await broker.positions('millrace-better', [topic.name]);
        const back = Math.ceil(most / Math.max(1, positions.length));
        for (const { partition, start, end } of positions) {
          // A position beyond the end is one of a topic that was deleted and made again.
          if ((next.get(partition) ?? Number.POSITIVE_INFINITY) > end) next.set(partition, Math.max(start, end - back));
        }
        for await (const { events, position } of broker.read(topic.name, { from: next, signal: stop.signal })) {
          onTrouble(undefined);
          for (const event of events) hear(event);
          if (events.length > 0) next.set(events[0].partition, position);
          // A long history is read without holding up answers.
          await pause(0);
        }
      } catch (error) {
        const problem = problemOf(error);
        if (problem.code === 'UNKNOWN_TOPIC') next.clear();
        if (!stop.signal.aborted) onTrouble(problem);
      }
      await pause(PAUSE_MS, undefined, { signal: stop.signal }).catch(() => {});
    }
  };
  const following = topics.map(follow);

  return {
    of: (id) => kept.get(id) ?? [],
    listen(id, listener) {
      if (ended) throw fail('UNAVAILABLE', 'The service is stopping; ask another, or again in a moment.');
      if (listening >= mostListeners) {
        throw fail('UNAVAILABLE', `${mostListeners} callers listen already; read /predictions/${id} now and then.`, {
          expected: `at most ${mostListeners} listeners`,
        });
      }
      const all = listeners.get(id) ?? new Set();
      listeners.set(id, all.add(listener));
      listening++;
      return () => {
        if (!all.delete(listener)) return;
        listening--;
        if (all.size === 0) listeners.delete(id);
      };
    },
    get listening() {
      return listening;
    },
    hangUp() {
      ended = true;
      for (const listener of [...listeners.values()].flatMap((all) => [...all])) listener.end();
    },
    async close() {
      stop.abort();
      await Promise.race([Promise.all(following), pause(2000, undefined, { ref: false })]);
    },
  };
};
