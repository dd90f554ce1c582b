import { MillraceError } from '../../core/errors.ts';
import { named } from '../../deployments/stream.ts';
import { type DeadLetter, type Graveyard, readDeadLetters, replayDeadLetters } from '../../events/dead-letters.ts';
import { textOrBytes } from '../../events/event-json.ts';
import { keyName } from '../../events/key.ts';
import { many, oneLine, shortTime } from '../../terminal/short.ts';
import type { Cli } from '../command.ts';
import { isTerminal } from './show-event.ts';

export interface DeadLetterOptions {
  readonly replay?: true;
  readonly json?: true;
  readonly last: number;
}

const toJson = ({ event, at, ...letter }: DeadLetter): string =>
  JSON.stringify({
    ...letter,
    at: new Date(at).toISOString(),
    value: event.value && textOrBytes(event.value),
  });

/** `millrace stream dead-letters` */
export const deadLetters = async (name: string, options: DeadLetterOptions, cli: Cli): Promise<void> =>
  showDeadLetters(`stream dead-letters ${name}`, name, named(await cli.app(), name), options, cli);

/** Shows dead letters of a deployment of any mode, or replays them. `command` is what was typed. */
export const showDeadLetters = async (
  command: string,
  name: string,
  grave: Graveyard,
  { replay, json, last }: DeadLetterOptions,
  cli: Cli,
): Promise<void> => {
  const { terminal, signal } = cli;
  const broker = await (await cli.app()).broker();
  if (replay) {
    await broker.ensureTopic(grave.replay, { partitions: 1 });
    const moved = await replayDeadLetters(broker, grave, signal);
    return terminal.err(`${many(moved, 'event')} ${moved === 1 ? 'goes' : 'go'} to ${name} again`);
  }
  const lines = json === true || !isTerminal(terminal);
  const rows: DeadLetter[] = [];
  let total = 0;
  try {
    for await (const letter of readDeadLetters(broker, grave)) {
      if (signal.aborted) return;
      total++;
      if (lines) terminal.out(toJson(letter));
      else {
        rows.push(letter);
        if (rows.length > last) rows.shift();
      }
    }
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'UNKNOWN_TOPIC') throw error;
  }
  if (lines) return;
  if (total === 0) return terminal.err(`${name} has no dead letters`);
  terminal.table(
    rows.map(({ at, topic, partition, offset, key, code, reason }) => ({
      when: shortTime(new Date(at).toISOString()),
      event: `${topic}/${partition}/${offset}`,
      key: oneLine(key === null ? '–' : keyName(key)),
      code,
      reason: oneLine(reason),
    })),
  );
  if (total > rows.length) terminal.err(`… the last ${rows.length} of ${total}; --last <n> shows more, --json all`);
  terminal.err(`when their reason is gone: millrace ${command} --replay`);
};
