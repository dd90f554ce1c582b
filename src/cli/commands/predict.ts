import { isAbsolute, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { showNames } from '../../core/errors.ts';
import type { Scorer } from '../../core/types.ts';
import { formatOf, formatOfName } from '../../files/index.ts';
import { refuseRemote } from '../../files/place.ts';
import type { Format } from '../../files/table.ts';
import { formats } from '../../files/table.ts';
import { type FileProgress, type PredictFileResult, predictFile } from '../../modes/once/predict-file.ts';
import { count, many } from '../../terminal/short.ts';
import { readJson } from '../../text/json.ts';
import { refuseStrays } from '../../text/stray-bytes.ts';
import { withoutMark } from '../../text/utf8.ts';
import { type Cli, examples } from '../command.ts';
import { rowTime } from '../row-time.ts';
import { usage } from '../usage.ts';

interface Options {
  readonly in: string;
  readonly out: string;
  readonly format?: Format;
  readonly inFormat?: Format;
  readonly rejects?: string;
  readonly row?: string;
  readonly columns?: readonly string[];
  readonly onlyPredictions?: boolean;
  readonly csvSafe?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
  readonly deployment?: string;
  readonly timeout?: number;
}

const named = ({ manifest, digest }: Scorer) => ({ model: manifest.name, version: manifest.version, digest });

/** One row on the command line, its answer on stdout; a row that is refused is told like an error, with exit code 1. */
const predictRow = async (scorer: Scorer, text: string, { json }: Options, { terminal, exit }: Cli): Promise<void> => {
  refuseStrays(text, '--row');
  const [answer] = await scorer.score([readJson(withoutMark(text), '--row')]);
  if (answer.error) exit(1);
  if (json)
    return terminal.json({
      ...named(scorer),
      ...(answer.error ? { error: answer.error } : { prediction: answer.output }),
    });
  if (answer.error) {
    const { code, message } = answer.error;
    terminal.err(`${terminal.style('red', `rejected ${code}:`, 'err')} ${message}`);
    return;
  }
  terminal.table(
    Object.entries(answer.output).map(([prediction, value]) => {
      const field = scorer.manifest.outputs[prediction];
      const shown = typeof value === 'number' || typeof value === 'string' ? value : JSON.stringify(value);
      return { prediction, value: shown, ...('unit' in field && { unit: field.unit }) };
    }),
    Object.values(scorer.manifest.outputs).some((field) => 'unit' in field)
      ? ['prediction', 'value', 'unit']
      : ['prediction', 'value'],
  );
  terminal.err(terminal.style('dim', `${scorer.manifest.name}@${scorer.manifest.version} ${scorer.digest}`, 'err'));
};

const progressText = ({ rows, rejected, share }: FileProgress, seconds: number): string => {
  const parts = [
    share === undefined ? '' : `${Math.floor(share * 100)} %`,
    many(rows, 'row'),
    `${count(Math.round(rows / Math.max(seconds, 0.001)))} rows/s`,
  ];
  if (rejected > 0) parts.push(`${count(rejected)} rejected`);
  return parts.filter((part) => part !== '').join(' · ');
};

/** What a person wants to know in the end, on stderr, since stdout may hold the rows. */
const tell = (
  result: PredictFileResult,
  scorer: Scorer,
  seconds: number,
  { in: input, out, rejects }: Options,
  { terminal }: Cli,
): void => {
  const { rows_in, rows_out, rows_rejected, rejected, first_rejects, absent_fields } = result;
  const where = out === '-' ? '' : ` → ${out}`;
  terminal.err(
    `${many(rows_in, 'row')} in, ${count(rows_out)} out${where}, ${count(rows_rejected)} rejected, ${seconds.toFixed(1)} s`,
  );
  terminal.err(terminal.style('dim', `${scorer.manifest.name}@${scorer.manifest.version} ${scorer.digest}`, 'err'));
  if (absent_fields.length > 0) {
    const what = absent_fields.length === 1 ? `${absent_fields[0]} is` : `${showNames(absent_fields)} are`;
    const source = input === '-' ? 'the input' : input;
    const without = `every row was scored without ${absent_fields.length === 1 ? 'it' : 'them'}`;
    terminal.err(`${terminal.style('yellow', 'warning:', 'err')} ${what} not in ${source}: ${without}`);
  }
  if (rows_rejected === 0) return;
  const codes = Object.entries(rejected).sort(([, a], [, b]) => b - a);
  terminal.err(`\nrejected: ${codes.map(([code, times]) => `${code} ${count(times)}`).join(', ')}`);
  if (rejects !== undefined) {
    terminal.err(`each with its reason: ${rejects}`);
    return;
  }
  for (const { row, line, problem } of first_rejects) {
    terminal.err(
      `  row ${count(row)}${line === undefined ? '' : ` (line ${count(line)})`}: ${problem.code} ${problem.message}`,
    );
  }
  const more = rows_rejected - first_rejects.length;
  terminal.err(
    `${more > 0 ? `  and ${count(more)} more\n` : ''}--rejects <file> writes all of them, each with its reason and its row`,
  );
};

const predictTable = async (scorer: Scorer, options: Options, cli: Cli): Promise<void> => {
  const { terminal, cwd, signal } = cli;
  for (const place of [options.in, options.out, options.rejects ?? '']) refuseRemote(place, 'USAGE');
  const path = (name: string): string => (isAbsolute(name) ? name : resolve(cwd, name));
  const input = options.in === '-' ? terminal.stdin : path(options.in);
  const output = options.out === '-' ? terminal.stdout : path(options.out);
  if (options.in === '-' && (terminal.stdin as Readable & { isTTY?: boolean }).isTTY) {
    throw usage('There is nothing to score.', '--in <file>, --row <json>, or rows piped to stdin', 'a terminal');
  }
  if (options.rejects === '-') {
    const why = 'Rejects go to a file: stdout is for rows, and stderr for what is said of them.';
    throw usage(why, 'a name, such as rejects.ndjson, or /dev/stderr', '-');
  }
  const inputFormat = options.inFormat ?? formatOfName(input) ?? options.format;
  const streamed = options.out === '-' ? (options.format ?? formatOf(input, inputFormat)) : undefined;
  if (streamed === 'parquet' && (terminal.stdout as NodeJS.WriteStream).isTTY) {
    throw usage('Parquet is not for a terminal.', '--out <file>, --format ndjson, or a pipe', 'a terminal');
  }

  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1000;
  const progress = terminal.progress();
  let result: PredictFileResult;
  try {
    result = await predictFile({
      scorer,
      input,
      output,
      rejects: options.rejects === undefined ? undefined : path(options.rejects),
      inputFormat,
      outputFormat: options.format,
      columns: options.columns ?? (options.onlyPredictions ? [] : undefined),
      csvSafe: options.csvSafe,
      force: options.force,
      onProgress: (now) => progress.update(progressText(now, seconds())),
      signal,
    });
  } catch (error) {
    if (signal.aborted && error === signal.reason && (error as Error).name === 'AbortError') {
      terminal.err(options.out === '-' ? 'stopped; the output is not whole' : 'stopped; nothing was written');
    }
    throw error;
  } finally {
    progress.done();
  }
  if (result.rows_rejected > 0) cli.exit(1);
  if (!options.json) return tell(result, scorer, seconds(), options, cli);
  const { first_rejects: _, ...counts } = result;
  const summary = { ...named(scorer), ...counts, seconds: Number(seconds().toFixed(3)) };
  if (options.out === '-') terminal.err(JSON.stringify(summary));
  else terminal.json(summary);
};

const predict = async (ref: string, options: Options, cli: Cli): Promise<void> => {
  const { deployment, timeout: rowMs } = options;
  const scorer = await (await cli.app()).once(ref, { deployment, rowMs, signal: cli.signal });
  try {
    if (options.row === undefined) await predictTable(scorer, options, cli);
    else await predictRow(scorer, options.row, options, cli);
  } finally {
    await scorer.close();
  }
};

const names = (text: string): readonly string[] => {
  const list = text.split(',').map((name) => name.trim());
  if (list.includes(''))
    throw new InvalidArgumentError('Expected names with commas between them, such as ride_id,pickup.');
  return list;
};

/** What has no meaning beside --row. */
const ofTables = ['in', 'out', 'format', 'inFormat', 'rejects', 'columns', 'onlyPredictions', 'csvSafe', 'force'];

export const define = (command: Command, cli: Cli): void => {
  command
    .argument(
      '<ref>',
      'name@version, name@environment, name@sha256:…, name (the latest version), a folder or a package file',
    )
    .option('--in <file>', 'the rows to score; - is stdin', '-')
    .option('--out <file>', 'where they go with their predictions; - is stdout', '-')
    .addOption(
      new Option('--format <format>', 'format of the output, and of an input whose name does not tell').choices(
        formats,
      ),
    )
    .addOption(new Option('--in-format <format>', 'format of the input (default: by its name)').choices(formats))
    .option('--rejects <file>', 'write rejected rows here with their reasons, as NDJSON')
    .option('--columns <names>', 'keep only these columns of the input, such as ride_id,pickup', names)
    .option('--only-predictions', 'keep no columns of the input, or those of --columns')
    .option('--csv-safe', 'in CSV, put an apostrophe before texts that a spreadsheet would take for formulas')
    .option('--force', 'replace output and rejects files that exist')
    .addOption(new Option('--row <json>', 'score this one row instead, and print its prediction').conflicts(ofTables))
    .option('--timeout <time>', 'what a row may take of a model that is not known to be safe, such as 10s', rowTime)
    .option('--deployment <name>', 'count the rows as those of this deployment, with which they are watched')
    .option('--json', 'the summary (or the prediction of --row) as JSON')
    .action((ref: string, options: Options) => predict(ref, options, cli));
  examples(
    command,
    ['millrace predict ride-fare@production --in rides.parquet --out fares.parquet', 'a file'],
    ['cat rides.csv | millrace predict ride-fare@production --format csv > fares.csv', 'a pipe'],
    ['millrace predict ride-fare@production --row \'{"distance": 3.1}\'', 'one row'],
  ).addHelpText(
    'after',
    `
The output holds the input's columns, then the predictions; a prediction whose name is taken is called predicted_<name>.
A row that cannot be scored is left out and goes to the rejects. Files appear whole when all is done, or not at all.
Exit code: 0 all rows scored, 1 some were rejected, 2 could not run.`,
  );
};
