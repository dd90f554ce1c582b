import { isAbsolute, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Evaluation } from '../../evaluation/evaluation.ts';
import { metricLines, namesOf, sliceLines, targetText } from '../../evaluation/telling.ts';
import { refuseRemote } from '../../files/place.ts';
import { type Format, formats } from '../../files/table.ts';
import { writePackage } from '../../package/write-package.ts';
import { count, many } from '../../terminal/short.ts';
import { type Cli, examples } from '../command.ts';
import { rowTime } from '../row-time.ts';
import { truthOf } from '../truth.ts';
import { usage } from '../usage.ts';

interface Options {
  readonly in: string;
  readonly inFormat?: Format;
  readonly truth?: readonly string[];
  readonly by?: readonly string[];
  readonly positive?: string;
  readonly quantile?: number;
  readonly out?: string;
  readonly force?: boolean;
  readonly json?: boolean;
  readonly timeout?: number;
}

const sumOf = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0);

const tellLeftOut = ({ versions, unreadable }: Evaluation, { terminal }: Cli): void => {
  const codes = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .toSorted(([, a], [, b]) => b - a)
      .map(([code, times]) => `${code} ${count(times)}`)
      .join(', ');
  if (sumOf(unreadable) > 0) terminal.err(`not read: ${codes(unreadable)}`);
  for (const { ref, refused } of versions)
    if (sumOf(refused) > 0) terminal.err(`refused by ${ref}, and left out for all: ${codes(refused)}`);
};

const tell = (evaluation: Evaluation, cli: Cli): void => {
  const { terminal } = cli;
  const names = namesOf(evaluation);
  for (const target of evaluation.targets) {
    terminal.out(terminal.style('bold', targetText(target)));
    terminal.table(metricLines(target.metrics, names));
    if (target.slices.length > 0) {
      terminal.out('');
      terminal.table(sliceLines(target.slices, names));
    }
    const without = target.withoutTruth === 0 ? '' : `, ${count(target.withoutTruth)} without a truth`;
    terminal.err(`${many(evaluation.rows, 'row')} of ${evaluation.file}, ${count(target.rows)} judged${without}`);
    for (const note of target.notes) terminal.err(note);
  }
  tellLeftOut(evaluation, cli);
};

/** @throws USAGE, FILE_EXISTS */
const writeReport = async (
  given: string,
  evaluation: Evaluation,
  force: boolean,
  { cwd, terminal }: Cli,
): Promise<void> => {
  if (!/\.html?$/i.test(given)) throw usage('The report is a page.', 'a name that ends in .html', given, '--out');
  const { evaluationPage } = await import('../../evaluation/page/page.ts');
  const bytes = new TextEncoder().encode(evaluationPage(evaluation));
  await writePackage(resolve(cwd, given), bytes, { force, given, what: 'file' });
  terminal.err(`wrote ${given}`);
};

const evaluate = async (refs: readonly string[], options: Options, cli: Cli): Promise<void> => {
  const { terminal, cwd, signal } = cli;
  refuseRemote(options.in, 'USAGE');
  if (options.in === '-' && (terminal.stdin as Readable & { isTTY?: boolean }).isTTY)
    throw usage('There is nothing to evaluate.', '--in <file>, or rows piped to stdin', 'a terminal');
  const truth = truthOf(options.truth);
  const input = options.in === '-' ? terminal.stdin : isAbsolute(options.in) ? options.in : resolve(cwd, options.in);
  const progress = terminal.progress();
  const found = await (await cli.app())
    .evaluate(refs, {
      input,
      format: options.inFormat,
      truth,
      by: options.by,
      positive: options.positive,
      quantile: options.quantile,
      rowMs: options.timeout,
      signal,
      onProgress: ({ rows, share }) =>
        progress.update(`${share === undefined ? '' : `${Math.floor(share * 100)} % · `}${many(rows, 'row')}`),
    })
    .finally(() => progress.done());
  const evaluation = options.in === '-' ? found : { ...found, file: options.in };
  if (options.json) terminal.json(evaluation);
  else tell(evaluation, cli);
  if (options.out !== undefined) await writeReport(options.out, evaluation, options.force ?? false, cli);
  if (sumOf(evaluation.unreadable) > 0 || evaluation.versions.some(({ refused }) => sumOf(refused) > 0)) cli.exit(1);
};

const names = (text: string): readonly string[] => {
  const list = text.split(',').map((name) => name.trim());
  if (!list.includes('')) return list;
  throw new InvalidArgumentError('Expected names with commas between them, such as borough,distance.');
};

const quantile = (text: string): number => {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && value < 1) return value;
  throw new InvalidArgumentError('Expected a number between 0 and 1, such as 0.9.');
};

export const define = (command: Command, cli: Cli): void => {
  command
    .argument('<ref>', 'name@version, name@environment, name (the latest version), a folder or a package file')
    .argument('[other]', 'another version, to compare with the first on the same rows')
    .option('--in <file>', 'rows with what was true; - is stdin', '-')
    .addOption(new Option('--in-format <format>', 'format of the rows (default: by the name)').choices(formats))
    .option(
      '--truth <column>',
      'the column that holds what was true; <output>=<column> where there are several outputs (may be repeated)',
      (one: string, before: readonly string[] = []) => [...before, one],
    )
    .option('--by <columns>', 'part the rows by these columns, at most three; numbers by quarters', names)
    .option(
      '--positive <label>',
      'of two labels, the one that is looked for (default: the one whose probability is told)',
    )
    .option('--quantile <share>', 'tell the quantile loss, too, of predictions that aim at this quantile', quantile)
    .option('-o, --out <file>', 'write a page with plots: one HTML file')
    .option('--force', 'replace a page that exists')
    .option('--timeout <time>', 'what a row may take of a model that is not known to be safe, such as 10s', rowTime)
    .option('--json', 'all figures as JSON')
    .action((ref: string, other: string | undefined, options: Options) =>
      evaluate(other === undefined ? [ref] : [ref, other], options, cli),
    );
  examples(
    command,
    ['millrace evaluate ride-duration@staging --in held-out.csv --truth minutes_taken', 'one version'],
    ['millrace evaluate churn@production churn@staging --in held-out.csv --truth Churn', 'two, side by side'],
    [
      'millrace evaluate churn --in held-out.csv --truth Churn --by Contract,tenure -o report.html',
      'by slices, as a page',
    ],
  ).addHelpText(
    'after',
    `
Each figure has the interval in which the true one lies 95 times in 100. A row that a version refuses is left out for all.
Exit code: 0 done, 1 some rows were refused or could not be read, 2 could not run.`,
  );
};
