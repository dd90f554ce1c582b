import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker, NewEvent } from '../../brokers/broker.ts';
import { fail } from '../../core/errors.ts';
import { keyOfJson } from '../../events/key.ts';
import { compilePath, type Read } from '../../events/path.ts';
import { sizeOf } from '../../files/place.ts';
import { readJson } from '../../text/json.ts';
import type { Cli } from '../command.ts';
import { many } from '../short.ts';

export interface ProduceOptions {
  readonly in?: string;
  readonly key?: string;
  readonly rate?: number;
  readonly partitions?: number;
}

const atOnce = 500;
/** Lines that come slowly are sent after so long, in milliseconds. */
const lingering = 50;

const toEvent = (topic: string, line: string, keyOf: Read | undefined, number: number): NewEvent => {
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

/** The lines of a file, or of standard input. @throws MillraceError FILE_NOT_FOUND */
const linesOf = async (file: string | undefined, { cwd, terminal }: Cli): Promise<Readable> => {
  if (file === undefined) return terminal.stdin;
  const path = resolve(cwd, file);
  await sizeOf(path);
  return createReadStream(path);
};

/**
 * Sends lines in portions, and says after each how many there were. Before it throws for a line that is no event, those
 * before it are sent, and none after it.
 */
const send = async (
  input: Readable,
  broker: Broker,
  {
    topic,
    keyOf,
    rate,
    signal,
  }: { topic: string; keyOf: Read | undefined; rate: number | undefined; signal: AbortSignal },
  onSent: (total: number) => void,
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
  const most = rate === undefined ? atOnce : Math.max(1, Math.min(atOnce, Math.round(rate / 20)));
  const timer = setInterval(() => flush().catch(() => {}), lingering);
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY, signal })) {
      number++;
      if (line.trim() === '') continue;
      try {
        waiting.push(toEvent(topic, line, keyOf, number));
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

/** `millrace stream produce` */
export const produce = async (topic: string, options: ProduceOptions, cli: Cli): Promise<void> => {
  const { terminal, signal } = cli;
  const keyOf = options.key === undefined ? undefined : compilePath(options.key, '--key');
  const input = await linesOf(options.in, cli);
  const broker = await (await cli.app()).broker();
  await broker.ensureTopic(topic, options.partitions === undefined ? {} : { partitions: options.partitions });
  const progress = terminal.progress();
  let total = 0;
  try {
    await send(input, broker, { topic, keyOf, rate: options.rate, signal }, (sent) => {
      total = sent;
      progress.update(many(sent, 'event'));
    });
  } finally {
    progress.done();
    terminal.err(`${many(total, 'event')} in ${topic}`);
  }
};
