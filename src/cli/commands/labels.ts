import { type Command, Option } from 'commander';
import { formats } from '../../files/table.ts';
import { type Cli, examples } from '../command.ts';
import type { ImportOptions } from '../labels/import.ts';

const importing = (labels: Command, cli: Cli): Command =>
  examples(
    labels
      .command('import')
      .summary('tell what came true, from a file or a database')
      .description(
        'Tell recorded predictions what came true. Labels are joined by the id of the prediction, or by a key such as ride_id. Told again, nothing changes; those whose prediction is not there yet wait for it. Exit code 1 when rows were rejected.',
      )
      .argument('[file]', 'CSV, Parquet, NDJSON or JSON; - is stdin')
      .requiredOption('--deployment <name>', 'whose predictions they are about: its name in millrace.yaml')
      .option(
        '--key <fields>',
        'what the predictions are found by: ride_id, or ride_id=trip; the id in column id unless given',
      )
      .option('--truth <columns...>', 'the column that says what came true, or output=column for each')
      .addOption(new Option('--in-format <format>', 'format of the file (default: by its name)').choices(formats))
      .option('--connection <name>', 'read from this connection of the project instead')
      .option('--sql <query>', 'its query')
      .option('--table <name>', 'or its table')
      .option('--rejects <file>', 'write rejected rows here with their reasons, as NDJSON')
      .option('--dry-run', 'only say what would become of them')
      .option('--json', 'print JSON')
      .action(async (file: string | undefined, options: ImportOptions) =>
        (await import('../labels/import.ts')).importFrom(file, options, cli),
      ),
    ['millrace labels import rides.csv --deployment durations --key ride_id --truth minutes', 'a file'],
    [
      'millrace labels import --connection warehouse --table rides --deployment durations --key ride_id --truth minutes --dry-run',
      'a table; only look',
    ],
  );

const read = (labels: Command, cli: Cli): Command =>
  examples(
    labels
      .command('read')
      .summary('read the labels of a deployment by its query, now')
      .description(
        'Read what is new by the query under `labels:` of a deployment, as `millrace up` does of itself; this is for cron.',
      )
      .argument('<deployment>', 'its name in millrace.yaml')
      .option('--json', 'print JSON')
      .action(async (name: string, options: { readonly json?: true }) =>
        (await import('../labels/read.ts')).readNow(name, options, cli),
      ),
    ['millrace labels read durations', 'what is new'],
  );

export const define = (command: Command, cli: Cli): void => {
  command.description('Tell recorded predictions what came true.');
  for (const add of [importing, read]) add(command, cli);
  examples(
    command,
    ['millrace labels import rides.csv --deployment durations --key ride_id --truth minutes', 'a file'],
    ['millrace labels read durations', 'by the query of millrace.yaml'],
  );
};
