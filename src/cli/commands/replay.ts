import type { Command } from 'commander';
import type { Kept } from '../../monitor/records/records.ts';
import type { Replayed } from '../../monitor/replay.ts';
import { shortDigest } from '../../terminal/short.ts';
import { exactJson } from '../../text/exact-json.ts';
import { type Cli, examples } from '../command.ts';
import { rowTime } from '../row-time.ts';

interface Options {
  readonly package?: string;
  readonly json?: boolean;
  readonly timeout?: number;
}

/** A list with its brackets, so that its shape is seen. */
const shown = (value: unknown): string => (typeof value === 'object' ? exactJson(value) : `${value}`);

const tell = ({ terminal }: Cli, kept: Kept, { same, before, now, differing }: Replayed): void => {
  const verdict = same ? terminal.style('green', 'same') : terminal.style('red', 'different');
  terminal.out(`${verdict}  ${kept.model}@${kept.version} ${shortDigest(kept.digest)}  answered ${kept.at}`);
  if (kept.error !== undefined || differing.length > 0 || !same) {
    const names = differing.length > 0 ? differing : ['code', 'field', 'step'];
    terminal.table(
      names.flatMap((name) => {
        const [then, again] = [before[name], now[name]].map((value) => (value === undefined ? '' : shown(value)));
        return then === '' && again === '' ? [] : [{ field: name, then, now: again }];
      }),
    );
    return;
  }
  terminal.table(Object.entries(before).map(([field, value]) => ({ field, value: shown(value) })));
};

const replayOne = async (id: string, options: Options, cli: Cli): Promise<void> => {
  const { replay } = await cli.app();
  const how = { package: options.package, rowMs: options.timeout, signal: cli.signal };
  const { kept, replayed } = await replay(id, how);
  if (options.json) cli.terminal.json({ id: kept.id, digest: kept.digest, ...replayed });
  else tell(cli, kept, replayed);
  if (!replayed.same) cli.exit(1);
};

export const define = (command: Command, cli: Cli): void => {
  command
    .argument('<id>', 'of a prediction, as its answer told it')
    .option('--package <ref>', 'where the package is that answered, if the registry does not have it')
    .option('--timeout <time>', 'what the row may take of a model that is not known to be safe', rowTime)
    .option('--json', 'for programs')
    .action((id: string, options: Options) => replayOne(id, options, cli));
  examples(
    command,
    [
      'millrace replay mwot5jfl-xQHPbZCrd-Q2EwEPtvicWk',
      'make this prediction again; exit code 1 if it is another one now',
    ],
    ['millrace replay mwot5jfl-xQHPbZCrd-Q2EwEPtvicWk --package ./ride', 'one that a folder had answered'],
  );
};
