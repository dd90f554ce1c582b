import { type Command, Option } from 'commander';
import type { BackfillOptions } from '../batch/backfill.ts';
import type { ListRunsOptions, RejectsOptions, RetryRunOptions, ShowOptions } from '../batch/look.ts';
import type { BatchRunOptions } from '../batch/run.ts';
import { type Cli, examples } from '../command.ts';
import { whole } from '../numbers.ts';

/** Read when a command of its is called. */
const lookFile = () => import('../batch/look.ts');

const DEPLOYMENT = 'its name in millrace.yaml';
const RUN_ID = 'its id, or the first characters of it (millrace batch list)';

const run = (batch: Command, cli: Cli): Command =>
  examples(
    batch
      .command('run')
      .summary('do one window, or all of the source')
      .description(
        'Predict one window of a deployment (the last one that is over, unless named), or all of its source when it has no windows. What was left half done is gone on with; what is finished is left alone.',
      )
      .argument('<deployment>', DEPLOYMENT)
      .option('--window <window>', 'which: 2026-11-01T13, 2026-11-01, 2026-W44 or 2026-11')
      .option('--shadow <ref>', 'let this version answer the same rows, and report how its answers differ')
      .option('--dry-run', 'check everything and show the first rows; write nothing')
      .option('--force', 'do it anew, and replace what is there in one step')
      .option('--json', 'print JSON')
      .action(async (name: string, options: BatchRunOptions) =>
        (await import('../batch/run.ts')).run(name, options, cli),
      ),
    ['millrace batch run fares-nightly', 'the last window that is over'],
    ['millrace batch run fares-nightly --window 2026-11-01', 'that day'],
    ['millrace batch run fares-nightly --dry-run', 'would it work, and what would come out?'],
  );

const backfill = (batch: Command, cli: Cli): Command =>
  examples(
    batch
      .command('backfill')
      .summary('do a range of windows')
      .description('Predict all windows from one to another, both included.')
      .argument('<deployment>', DEPLOYMENT)
      .requiredOption('--from <window>', 'the first')
      .requiredOption('--to <window>', 'the last')
      .addOption(
        new Option('--only <which>', 'missing: not finished yet; failed: tried in vain; all: replace what is there too')
          .choices(['missing', 'failed', 'all'])
          .default('missing'),
      )
      .option('--concurrency <number>', 'windows at the same time', whole(1, 64), 1)
      .option('--dry-run', 'only say which windows there are to do')
      .option('--json', 'print JSON')
      .action(async (name: string, options: BackfillOptions) =>
        (await import('../batch/backfill.ts')).backfill(name, options, cli),
      ),
    ['millrace batch backfill fares-nightly --from 2026-10-01 --to 2026-10-31', 'a month of days'],
    [
      'millrace batch backfill fares-nightly --from 2026-10-01 --to 2026-10-31 --only failed --concurrency 4',
      'what failed',
    ],
  );

const list = (batch: Command, cli: Cli): Command =>
  examples(
    batch
      .command('list')
      .summary('list runs')
      .description('List runs, the newest first.')
      .argument('[deployment]', `${DEPLOYMENT}; all unless said`)
      .addOption(new Option('--status <status>', 'only these').choices(['running', 'finished', 'failed', 'cancelled']))
      .option('--last <number>', 'how many', whole(1, 100_000), 20)
      .option('--json', 'print JSON')
      .action(async (name: string | undefined, options: ListRunsOptions) =>
        (await lookFile()).list(name, options, cli),
      ),
    ['millrace batch list', 'all of the project'],
    ['millrace batch list --status failed', 'what went wrong'],
  );

const show = (batch: Command, cli: Cli): Command =>
  examples(
    batch
      .command('show')
      .summary('show a run')
      .description('Show what a run did, and where its report is.')
      .argument('<run>', RUN_ID)
      .option('--json', 'print JSON')
      .action(async (id: string, options: ShowOptions) => (await lookFile()).show(id, options, cli)),
    ['millrace batch show 20261102-0200', 'the run of that minute'],
  );

const cancel = (batch: Command, cli: Cli): Command =>
  examples(
    batch
      .command('cancel')
      .summary('stop a run for good')
      .description('Stop a run for good. Nothing of it is published; the next run of its window begins anew.')
      .argument('<run>', RUN_ID)
      .action(async (id: string) => (await lookFile()).cancel(id, cli)),
    ['millrace batch cancel 20261102-0200', 'the run of that minute'],
  );

const rejects = (batch: Command, cli: Cli): Command =>
  examples(
    batch
      .command('rejects')
      .summary('show the rows that a run rejected, and why')
      .description(
        'Show the rows that a run rejected, each with its reason: a table on a terminal, lines of JSON in a pipe.',
      )
      .argument('<run>', RUN_ID)
      .option('--all', 'those too that a retry has predicted since')
      .option('--last <number>', 'how many to show on a terminal', whole(1, 1_000_000), 20)
      .option('--json', 'lines of JSON on a terminal too')
      .action(async (id: string, options: RejectsOptions) => (await lookFile()).rejects(id, options, cli)),
    ['millrace batch rejects 20261102-0200 | jq .code | sort | uniq -c', 'reasons, counted'],
  );

const retry = (batch: Command, cli: Cli): Command =>
  examples(
    batch
      .command('retry-rejects')
      .summary('predict the rejected rows of a run again')
      .description(
        'Predict the rejected rows of a finished run again, after the model or the data was mended, and add them to its output. Rows of a table are read anew by their key; rows of files are taken as they were.',
      )
      .argument('<run>', RUN_ID)
      .option('--json', 'print JSON')
      .action(async (id: string, options: RetryRunOptions) => (await lookFile()).retryRejects(id, options, cli)),
    ['millrace batch retry-rejects 20261102-0200', 'again, with the version that is deployed now'],
  );

export const define = (command: Command, cli: Cli): void => {
  command.description('Predict all rows of a source into a sink, window by window, and look at what was done.');

  for (const add of [run, backfill, list, show, cancel, rejects, retry]) add(command, cli);
  examples(
    command,
    ['millrace batch run fares-nightly', 'the last window that is over'],
    ['millrace batch list', 'what was done'],
    ['millrace batch backfill fares-nightly --from 2026-10-01 --to 2026-10-31', 'a month of days'],
  );
};
