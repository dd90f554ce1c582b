import type { StreamEvent } from '../../brokers/broker.ts';
import { keyJson, keyName } from '../../events/key.ts';
import { toldJson } from '../../text/exact-json.ts';
import { parseJson } from '../../text/json.ts';
import { utf8Text } from '../../text/utf8.ts';
import { oneLine, shortTime } from '../short.ts';
import type { Terminal } from '../terminal.ts';

/** Bytes as text where they are text, and else in base64. */
export const textOrBytes = (bytes: Uint8Array): string | { readonly base64: string } =>
  utf8Text(bytes) ?? { base64: Buffer.from(bytes).toString('base64') };

/** Bytes as JSON where they are JSON, as text where they are text, and else in base64. */
const readable = (bytes: Uint8Array | null): unknown => {
  const text = bytes && textOrBytes(bytes);
  if (typeof text !== 'string') return text;
  try {
    return parseJson(text);
  } catch {
    return text;
  }
};

/** An event for programs, as one line of JSON. */
export const toLine = ({ topic, partition, offset, at, key, value, headers }: StreamEvent): string =>
  toldJson({
    topic,
    partition,
    offset,
    at: new Date(at).toISOString(),
    key: key && keyJson(key),
    ...(headers.length > 0 && {
      headers: Object.fromEntries(headers.map(([name, data]) => [name, textOrBytes(data)])),
    }),
    value: readable(value),
  });

/** An event for people: when, where, of what key, and what it says. */
export const toPretty = ({ partition, offset, at, key, value }: StreamEvent, terminal: Terminal): string => {
  const found = readable(value);
  const text = oneLine(typeof found === 'string' ? found : toldJson(found)) ?? '';
  const when = shortTime(new Date(at).toISOString());
  return [
    terminal.style('dim', `${when} ${partition}/${offset}`),
    terminal.style('cyan', oneLine(key ? keyName(keyJson(key)) : '–') ?? '–'),
    text,
  ].join('  ');
};

export const isTerminal = ({ stdout }: Terminal): boolean => (stdout as { readonly isTTY?: boolean }).isTTY === true;

/** Prints events, and waits when their reader is slower. */
export const createPrinter = (terminal: Terminal, json: boolean) => {
  const pretty = !json && isTerminal(terminal);
  return async (events: readonly StreamEvent[]): Promise<void> => {
    const lines = events.map((event) => `${pretty ? toPretty(event, terminal) : toLine(event)}\n`).join('');
    if (lines === '' || terminal.stdout.write(lines)) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        terminal.stdout.off('drain', done).off('error', done).off('close', done);
        resolve();
      };
      terminal.stdout.on('drain', done).on('error', done).on('close', done);
    });
  };
};
