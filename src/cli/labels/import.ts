/** `millrace labels import`: what became of the labels of a table, in lines. */
import { isAbsolute, resolve } from 'node:path';
import type { ImportedLabels, LabelSource } from '../../deployments/labelling/import.ts';
import { formatOfName } from '../../files/index.ts';
import { refuseRemote } from '../../files/place.ts';
import type { Format } from '../../files/table.ts';
import { count, many } from '../../terminal/short.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import type { Cli } from '../command.ts';
import { truthOf } from '../truth.ts';
import { usage } from '../usage.ts';

export interface ImportOptions {
  readonly deployment: string;
  readonly key?: string;
  readonly truth?: readonly string[];
  readonly inFormat?: Format;
  readonly connection?: string;
  readonly sql?: string;
  readonly table?: string;
  readonly rejects?: string;
  readonly dryRun?: true;
  readonly json?: true;
}

const sourceOf = (file: string | undefined, options: ImportOptions, { terminal, cwd }: Cli): LabelSource => {
  const { connection, sql, table, inFormat } = options;
  const expected = 'a file, or --connection with --sql or --table';
  const given = [file, sql, table].filter((one) => one !== undefined);
  if (given.length !== 1 || (file === undefined) !== (connection !== undefined)) {
    const got = given.length === 0 ? 'nothing' : [...given, connection ?? ''].join(', ');
    throw usage('Labels come from one place.', expected, got);
  }
  if (connection !== undefined && sql !== undefined) return { connection, sql };
  if (connection !== undefined && table !== undefined) return { connection, table };
  const name = file ?? '-';
  refuseRemote(name, 'USAGE');
  const place = name === '-' ? terminal.stdin : isAbsolute(name) ? name : resolve(cwd, name);
  return { file: place, format: inFormat ?? formatOfName(place) };
};

const REASONS = 3;

const HOUR_MS = 3_600_000;
/** `30 days`, `12 hours` */
const waitWords = (ms: number): string =>
  ms < 48 * HOUR_MS ? many(Math.round(ms / HOUR_MS), 'hour') : many(Math.round(ms / HOUR_MS / 24), 'day');

/** What became of labels, for people. */
export const tellImported = (found: ImportedLabels, { err }: Pick<Terminal, 'err'>, isDry = false): void => {
  const {
    deployment,
    rows,
    told,
    matched,
    severally,
    waiting,
    labelled,
    same,
    unfit,
    firstUnfit,
    withoutTruth,
    waitMs,
  } = found;
  const would = isDry ? 'would be labelled' : 'labelled';
  err(
    `${many(rows, 'row')}, ${many(told, 'label')}: ${many(labelled, 'prediction')} of ${deployment} ${would}, ${count(same)} knew it already`,
  );
  if (waiting > 0)
    err(
      `${many(waiting, 'label')} of no prediction that is there: ${isDry ? 'they would wait' : 'they wait'} ${waitWords(waitMs)} for it`,
    );
  if (severally > 0)
    err(`${count(severally)} of the ${count(matched)} that were found are about several predictions each`);
  if (found.predictions > found.keyed)
    err(`${count(found.predictions - found.keyed)} recorded predictions have no such key`);
  if (unfit > 0) err(`${many(unfit, 'prediction')} cannot have had this truth: ${firstUnfit}`);
  if (withoutTruth > 0) err(`${many(withoutTruth, 'row')} without a truth yet`);
  for (const [code, times] of Object.entries(found.rejected)) err(`rejected ${code}: ${count(times)}`);
  for (const { row, problem } of found.firstRejects.slice(0, REASONS)) err(`  row ${count(row)}: ${problem.message}`);
};

export const importFrom = async (file: string | undefined, options: ImportOptions, cli: Cli): Promise<void> => {
  const { terminal, cwd, signal } = cli;
  const { deployment, key, dryRun, rejects } = options;
  const source = sourceOf(file, options, cli);
  const truth = truthOf(options.truth);
  const progress = terminal.progress();
  try {
    const found = await (await cli.app()).importLabels({
      deployment,
      source,
      key,
      truth,
      rejects: rejects === undefined ? undefined : resolve(cwd, rejects),
      dryRun,
      signal,
      onProgress: ({ rows, labelled, waiting, share }) => {
        const part = share === undefined ? '' : `${Math.floor(100 * share)} %, `;
        progress.update(`${part}${count(rows)} rows, ${count(labelled)} labelled, ${count(waiting)} waiting`);
      },
    });
    progress.done();
    if (options.json) terminal.json(found);
    else tellImported(found, terminal, dryRun);
    if (Object.keys(found.rejected).length > 0) cli.exit(1);
  } finally {
    progress.done();
  }
};
