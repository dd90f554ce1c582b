/** Lines of text as events of a topic, one each. */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker, NewEvent } from '../brokers/broker.ts';
import { fail } from '../core/errors.ts';
import { readJson } from '../text/json.ts';
import { keyOfJson } from './key.ts';
import type { ReadPath } from './path.ts';

export interface LinesOptions {
  readonly topic: string;
  /** Where the key lies in the JSON of a line; lines need not be JSON without it. */
  readonly keyOf: ReadPath | undefined;
  /** Events a second at most; no limit unless given. */
  readonly rate: number | undefined;
  readonly signal: AbortSignal;
  /** Hears after each portion how many there were. */
  readonly onSent: (total: number) => void;
}

const PORTION_EVENTS = 500;
/** Lines that come slowly are sent after so long. */
const LINGER_MS = 50;

const eventOf = (topic: string, line: string, keyOf: ReadPath | undefined, number: number): NewEvent => {
  const value = Buffer.from(line);
  if (!keyOf) return { topic, value };
  let key: Uint8Array | null;
  try {
    key = keyOfJson(keyOf(readJson(line, 'The line')));
  } catch (cause) {
    throw fail('BAD_JSON', `Line ${number} is not JSON, so it has no key`, {
      expected: 'one JSON value a line',
      cause,
    });
  }
  if (key === null) {
    const expected = 'a text, a number, or {"base64": "…"} for a key that is no text';
    throw fail('BAD_EVENT', `Line ${number} has no key`, { field: '--key', expected });
  }
  return { topic, value, key };
};

/**
 * Sends lines in portions. Before it throws for a line that is no event, those before it are sent, and none after it.
 *
 * @throws BAD_JSON, BAD_EVENT; what the broker throws
 */
export const produceLines = async (
  broker: Broker,
  input: Readable,
  { topic, keyOf, rate, signal, onSent }: LinesOptions,
): Promise<void> => {
  let waiting: NewEvent[] = [];
  let number = 0;
  let sent = 0;
  let sending: Promise<void> = Promise.resolve();
  const began = performance.now();
  const flush = (): Promise<void> => {
    const portion = waiting;
    waiting = [];
    if (portion.length > 0) {
      sending = sending
        .then(() => broker.produce(portion))
        .then(() => {
          sent += portion.length;
          onSent(sent);
        });
    }
    return sending;
  };
  const most = rate === undefined ? PORTION_EVENTS : Math.max(1, Math.min(PORTION_EVENTS, Math.round(rate / 20)));
  const timer = setInterval(() => flush().catch(() => {}), LINGER_MS);
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY, signal })) {
      number++;
      if (line.trim() === '') continue;
      try {
        waiting.push(eventOf(topic, line, keyOf, number));
      } catch (error) {
        await flush();
        throw error;
      }
      if (waiting.length < most) continue;
      await flush();
      const ahead = rate === undefined ? 0 : (number / rate) * 1000 - (performance.now() - began);
      if (ahead > 0) await sleep(ahead, undefined, { signal }).catch(() => {});
    }
    await flush();
  } finally {
    clearInterval(timer);
  }
};
