import type { StreamEvent } from '../../brokers/broker.ts';
import { contentOf, eventJson } from '../../events/event-json.ts';
import { keyJson, keyName } from '../../events/key.ts';
import { oneLine, shortTime } from '../../terminal/short.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { toldJson } from '../../text/exact-json.ts';

/** An event for people: when, where, of what key, and what it says. */
const toPretty = ({ partition, offset, at, key, value }: StreamEvent, terminal: Terminal): string => {
  const found = contentOf(value);
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
    const lines = events.map((event) => `${pretty ? toPretty(event, terminal) : eventJson(event)}\n`).join('');
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
