import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { compilePath } from '../../events/path.ts';
import { produceLines } from '../../events/produce-lines.ts';
import { sizeOf } from '../../files/place.ts';
import { many } from '../../terminal/short.ts';
import type { Cli } from '../command.ts';

export interface ProduceOptions {
  readonly in?: string;
  readonly key?: string;
  readonly rate?: number;
  readonly partitions?: number;
}

/** The lines of a file, or of standard input. @throws FILE_NOT_FOUND */
const linesOf = async (file: string | undefined, { cwd, terminal }: Cli): Promise<Readable> => {
  if (file === undefined) return terminal.stdin;
  const path = resolve(cwd, file);
  await sizeOf(path);
  return createReadStream(path);
};

/** `millrace stream produce` */
export const produce = async (
  topic: string,
  { in: file, key, rate, partitions }: ProduceOptions,
  cli: Cli,
): Promise<void> => {
  const { terminal, signal } = cli;
  const keyOf = key === undefined ? undefined : compilePath(key, '--key');
  const input = await linesOf(file, cli);
  const broker = await (await cli.app()).broker();
  await broker.ensureTopic(topic, partitions === undefined ? {} : { partitions });
  const progress = terminal.progress();
  let total = 0;
  const onSent = (sent: number): void => {
    total = sent;
    progress.update(many(sent, 'event'));
  };
  try {
    await produceLines(broker, input, { topic, keyOf, rate, signal, onSent });
  } finally {
    progress.done();
    terminal.err(`${many(total, 'event')} in ${topic}`);
  }
};
