/** How the parts of a key become ripe for a decision. Pure: the same records in the same order, the same keys decided. */
import { type InboxRecord, isClose } from './inbox-record.ts';

export interface Came {
  readonly id: string;
  readonly data: unknown;
}

/** A key that is not decided yet. */
export interface WaitingKey {
  /** The id of the event that began it; with the key, it names the decision. */
  readonly opened: string;
  /** By name; of several events for one part, the last. */
  readonly parts: Readonly<Record<string, Came>>;
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
}

/** What is known of a key. Times are milliseconds since the epoch, of the inbox. */
export interface Held {
  /** Undefined once it has been decided. */
  readonly waiting?: WaitingKey | undefined;
  /** When waiting for the rest ends; undefined when there is nothing to wait for. */
  readonly deadline?: number | undefined;
  /** When all of it is forgotten; undefined while there is a deadline. */
  readonly expires?: number | undefined;
}

export type Why = 'complete' | 'deadline';

export interface JoinStep {
  readonly after: Held | undefined;
  /** Set when it is time to decide; `after` then holds for a decision that was made. */
  readonly ripe?: { readonly waiting: WaitingKey; readonly why: Why };
  /** What else the record was: too late, the last of a key that is dropped, or of no use. */
  readonly outcome: 'joined' | 'late' | 'dropped' | 'stale' | 'closed';
}

export interface JoinOptions {
  readonly required: readonly string[];
  readonly withinMs: number;
  readonly late: 'decide' | 'drop';
  readonly keepMs: number;
}

/** One record of a key at its time. */
export const step = (held: Held | undefined, record: InboxRecord, at: number, options: JoinOptions): JoinStep => {
  const { required, withinMs, late, keepMs } = options;
  const before = held?.expires !== undefined && held.expires < at ? undefined : held;
  const decided: Held = { expires: at + keepMs };
  const isComplete = ({ parts }: WaitingKey): boolean => required.every((name) => Object.hasOwn(parts, name));

  if (isClose(record)) {
    const { waiting } = before ?? {};
    if (waiting === undefined || waiting.opened !== record.close) return { after: before, outcome: 'stale' };
    const complete = isComplete(waiting);
    if (!complete && late === 'drop') return { after: decided, outcome: 'dropped' };
    return { after: decided, ripe: { waiting, why: complete ? 'complete' : 'deadline' }, outcome: 'closed' };
  }

  if (before !== undefined && before.waiting === undefined) return { after: before, outcome: 'late' };
  const { part, id, data, traceparent, tracestate } = record;
  const waiting: WaitingKey = {
    ...(before?.waiting ?? { opened: id, traceparent, tracestate }),
    parts: { ...before?.waiting?.parts, [part]: { id, data } },
  };
  if (isComplete(waiting)) return { after: decided, ripe: { waiting, why: 'complete' }, outcome: 'joined' };
  const times = before ? { deadline: before.deadline, expires: before.expires } : { deadline: at + withinMs };
  return { after: { waiting, ...times }, outcome: 'joined' };
};

/** A key for which no decision could be made: it is kept, in case a part, a rule or a repetition mends it. */
export const unmade = (waiting: WaitingKey, at: number, { keepMs }: JoinOptions): Held => ({
  waiting,
  expires: at + keepMs,
});
