import type { Cli } from '../command.ts';
import { createPrinter } from './show-event.ts';

export interface TailOptions {
  readonly from: 'earliest' | 'latest';
  readonly untilEnd?: true;
  readonly json?: true;
}

/** `millrace stream tail` */
export const tail = async (topic: string, { from, untilEnd, json }: TailOptions, cli: Cli): Promise<void> => {
  const print = createPrinter(cli.terminal, json === true);
  const broker = await (await cli.app()).broker();
  const start = untilEnd ? 'earliest' : from;
  for await (const { events } of broker.read(topic, { from: start, untilEnd: untilEnd === true, signal: cli.signal })) {
    await print(events);
    if (cli.signal.aborted) return;
  }
};
