import type { Command } from 'commander';
import type { App } from '../../app.ts';
import { fail, MillraceError } from '../../core/errors.ts';
import type { Kept } from '../../monitor/records.ts';
import { type Replayed, replay } from '../../monitor/replay.ts';
import type { Package } from '../../package/layout.ts';
import { type Cli, examples } from '../command.ts';
import { rowTime } from '../row-time.ts';
import { deployedServings, serviceNames } from '../serve/servings.ts';
import { shortDigest } from '../short.ts';

interface Options {
  readonly package?: string;
  readonly json?: boolean;
  readonly timeout?: number;
}

/** The package at a reference, if it is the one that answered. */
const openSame = async (app: App, ref: string, digest: string): Promise<Package | undefined> => {
  const found = await app.open(ref).catch((error: unknown) => {
    if (error instanceof MillraceError) return undefined;
    throw error;
  });
  return found?.digest === digest ? found : undefined;
};

/** The very package that answered: as told, from the registry, or from where it was served. */
const openAnswerer = async (app: App, kept: Kept, given: string | undefined): Promise<Package> => {
  const { model, version, digest, deployment } = kept;
  if (given !== undefined) {
    const found = await app.open(given);
    if (found.digest === digest) return found;
    throw fail('UNKNOWN_VERSION', `${given} is not the package that answered.`, {
      expected: digest,
      got: found.digest,
    });
  }
  const [served = { ref: deployment }] = serviceNames(app).includes(deployment)
    ? deployedServings(app, [deployment])
    : [];
  const found = (await openSame(app, `${model}@${digest}`, digest)) ?? (await openSame(app, served.ref, digest));
  if (found !== undefined) return found;
  const message = `The package that answered, ${model}@${version}, is not in the registry. Name where it is with --package.`;
  throw fail('UNKNOWN_VERSION', message, { expected: digest, got: 'another package, or none' });
};

const tell = ({ terminal }: Cli, kept: Kept, { same, before, now, differing }: Replayed): void => {
  const verdict = same ? terminal.style('green', 'same') : terminal.style('red', 'different');
  terminal.out(`${verdict}  ${kept.model}@${kept.version} ${shortDigest(kept.digest)}  answered ${kept.at}`);
  if (kept.error !== undefined || differing.length > 0 || !same) {
    const names = differing.length > 0 ? differing : ['code', 'field', 'step'];
    terminal.table(
      names.flatMap((name) => {
        const [then, again] = [before[name], now[name]].map((value) => (value === undefined ? '' : `${value}`));
        return then === '' && again === '' ? [] : [{ field: name, then, now: again }];
      }),
    );
    return;
  }
  terminal.table(Object.entries(before).map(([field, value]) => ({ field, value: `${value}` })));
};

const replayOne = async (id: string, options: Options, cli: Cli): Promise<void> => {
  const app = await cli.app();
  const kept = await (await app.records()).find(id);
  if (kept === undefined) {
    throw fail('NOT_FOUND', `There is no record of ${id}: it was not sampled, is not kept any more, or never was.`, {
      expected: 'the id of a recorded prediction',
      got: id.slice(0, 80),
    });
  }
  const scorer = await app.loadSafely(await openAnswerer(app, kept, options.package), {
    rowMs: options.timeout,
    signal: cli.signal,
  });
  try {
    const replayed = await replay(kept, scorer);
    if (options.json) cli.terminal.json({ id: kept.id, digest: kept.digest, ...replayed });
    else tell(cli, kept, replayed);
    if (!replayed.same) cli.exit(1);
  } finally {
    await scorer.close();
  }
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
      'millrace replay tp6z99-xQHPbZCrd-Q2EwEPtvicWk',
      'make this prediction again; exit code 1 if it is another one now',
    ],
    ['millrace replay tp6z99-xQHPbZCrd-Q2EwEPtvicWk --package ./ride', 'one that a folder had answered'],
  );
};
