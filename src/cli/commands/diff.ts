import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Diff } from '../../diff/diff.ts';
import { sectionsOf } from '../../diff/sections.ts';
import { refuseRemote } from '../../files/place.ts';
import { type Format, formats } from '../../files/table.ts';
import { writePackage } from '../../package/write-package.ts';
import { many } from '../../terminal/short.ts';
import { type Cli, examples } from '../command.ts';
import { rowTime } from '../row-time.ts';
import { usage } from '../usage.ts';

interface Options {
  readonly in?: string;
  readonly inFormat?: Format;
  readonly recorded?: true;
  readonly rows?: number;
  readonly by?: readonly string[];
  readonly out?: string;
  readonly force?: true;
  readonly json?: true;
  readonly timeout?: number;
}

const tell = (diff: Diff, { out, err, style, table }: Cli['terminal']): void => {
  const [before, now] = diff.versions;
  if (diff.same) err(`${before.ref} and ${now.ref} are the same package, bit for bit`);
  for (const { title, sentence, isMarked, lines } of sectionsOf(diff)) {
    out(`${style('bold', title)}  ${isMarked ? style('red', sentence) : sentence}`);
    if (lines.length > 0) table(lines);
  }
};

const diff = async (refs: readonly [string, string], options: Options, cli: Cli): Promise<void> => {
  const { terminal, cwd, signal } = cli;
  const { in: file, recorded, out, json } = options;
  if (file !== undefined && recorded) throw usage('Rows come from one place.', '--in or --recorded', 'both');
  if (file !== undefined) refuseRemote(file, 'USAGE');
  if (out !== undefined && !/\.html?$/i.test(out))
    throw usage('The diff is a page.', 'a name that ends in .html', out, '--out');
  const progress = terminal.progress();
  const found = await (await cli.app())
    .diff(refs, {
      file,
      format: options.inFormat,
      recorded,
      most: options.rows,
      by: options.by,
      rowMs: options.timeout,
      signal,
      onRows: (rows) => progress.update(many(rows, 'row')),
    })
    .finally(() => progress.done());
  if (json) terminal.json(found);
  else tell(found, terminal);
  if (out === undefined) return;
  const { diffPage } = await import('../../diff/page.ts');
  const bytes = new TextEncoder().encode(diffPage(found));
  await writePackage(resolve(cwd, out), bytes, { force: options.force ?? false, given: out, what: 'file' });
  terminal.err(`wrote ${out}`);
};

const count = (text: string): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 1_000_000) return value;
  throw new InvalidArgumentError('Expected a whole number from 1 to 1000000.');
};

export const define = (command: Command, cli: Cli): void => {
  command
    .argument('<ref>', 'name@version, name@environment, name (the latest version), a folder or a package file')
    .argument('<other>', 'the version that is looked at beside it')
    .option('--in <file>', 'a table that both answer')
    .addOption(new Option('--in-format <format>', 'format of the table (default: by the name)').choices(formats))
    .option('--recorded', 'both answer the last recorded rows of the model')
    .option('--rows <n>', 'so many rows at most (default: 10000 of a table, 1000 recorded ones)', count)
    .option('--by <columns>', 'part the rows by these columns (default: up to three categories)', (text: string) =>
      text.split(',').map((name) => name.trim()),
    )
    .option('-o, --out <file>', 'write a page: one HTML file')
    .option('--force', 'replace a page that exists')
    .option('--timeout <time>', 'what a row may take of a model that is not known to be safe, such as 10s', rowTime)
    .option('--json', 'print JSON')
    .action((ref: string, other: string, options: Options) => diff([ref, other], options, cli));
  examples(
    command,
    ['millrace diff churn@production churn@staging', 'signature, preparation, model, metrics, examples'],
    ['millrace diff churn@production churn@staging --in customers.csv', 'and how they answer the same table'],
    ['millrace diff churn@1.1.0 ./churn --recorded -o diff.html', 'recorded rows, as a page'],
  ).addHelpText('after', '\nExit code: 0 done, whatever differs; 2 could not run.');
};
