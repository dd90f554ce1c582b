/**
 * What a newcomer does, with every library, by the lines that the pages have: train a model, export it by the library's own way
 * and by millrace_export.py, then what README.md says of a model of one's own; each answer for 200 rows is held against the
 * library. Needs Python. Names of models as arguments leave the others out.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pythonWith } from '../python-packages.ts';
import { readHeldOut } from './held-out.ts';
import { linesOf, wayMadeBefore } from './made-before.ts';
import { madeBefore, notRun } from './not-run.ts';
import { type Block, blockAt, blocks } from './pages.ts';
import { startService } from './service.ts';
import { createShell } from './shell.ts';
import { type Answered, askService, follow, type Way } from './way.ts';

/** A way that models.py has gone, or has prepared for a shell. */
interface Told {
  readonly name: string;
  readonly title: string;
  readonly at: number;
  /** The folder of the rows that were held out. */
  readonly heldOut: string;
  readonly exact: boolean;
  readonly file?: string;
  readonly failed?: string;
}

/** What came of a way. */
interface Outcome {
  readonly name: string;
  readonly problem?: string;
  readonly greatest?: number;
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const python = pythonWith(join(import.meta.dirname, 'requirements.txt'), 'check:newcomer');
const wanted = process.argv.slice(2);

const runPython = (script: string, ...words: readonly string[]): void => {
  const path = join(import.meta.dirname, script);
  const { status } = spawnSync(python, [path, ...words], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`check:newcomer: ${script} failed.`);
};

/** Trains all models in one process, and goes the ways of the pages below `folder`. */
const train = (folder: string): readonly Told[] => {
  mkdirSync(folder);
  writeFileSync(join(folder, 'pages.json'), JSON.stringify(blocks));
  runPython('models.py', folder, ...wanted);
  return JSON.parse(readFileSync(join(folder, 'ways.json'), 'utf8')) as readonly Told[];
};

const home = mkdtempSync(join(tmpdir(), 'millrace-newcomer-'));
process.once('exit', () => rmSync(home, { recursive: true, force: true }));
const models = join(home, 'models');
const shell = createShell(home, python);

/** @throws where lines of a shell fail */
const wayOf = ({ name, title, at, heldOut, exact, file }: Told): Way => {
  const block = blockAt(title, at);
  const folder = join(models, name);
  if (block.language === 'sh') shell.run(block, folder);
  const written = join(folder, 'model');
  return {
    name,
    folder: existsSync(written) ? written : folder,
    exact,
    named: file === undefined,
    heldOut: readHeldOut(join(models, heldOut, 'held-out.json')),
    ...(file !== undefined && { file }),
  };
};

/** Networks of PyTorch, which is too large to install here: their exports, with what it answered, are kept in the repository. */
const fixtures = join(import.meta.dirname, '..', 'fixtures', 'torch');
const traced = ['mlp-traced', 'cnn-traced', 'lstm-traced', 'encoder-traced', 'int8-traced', 'float16-traced'];
/** Folders that millrace_export.py wrote. */
const folders = ['mlp', 'cnn', 'lstm', 'encoder', 'int8', 'float16', 'bfloat16'].map(
  (network) => `${network}-exported`,
);
const networks = ['mlp', 'cnn', 'lstm', 'encoder', 'float16', ...traced, ...folders].map((network) => ({
  network,
  name: `torch-${network}`,
}));

const waysOfNetworks = (): readonly Way[] =>
  networks
    .filter(({ name }) => wanted.length === 0 || wanted.includes(name))
    .map(({ network, name }) => {
      const folder = join(models, name);
      cpSync(join(fixtures, network), folder, { recursive: true });
      const heldOut = readHeldOut(join(folder, 'held-out.json'));
      const file = !folders.includes(network) && { file: 'model.onnx' };
      return { name, folder, ...file, exact: false, named: true, heldOut };
    });

/** Of lines that have no room here. @throws where the page has other lines by now */
const wayOfLines = (title: string): Way => {
  if (linesOf(title) !== blockAt(title).code) {
    throw new Error('docs/CONVERT.md has other lines than made this export: run test/fixtures/convert/make.ts again');
  }
  return wayMadeBefore(title, models);
};

const outcomes: Outcome[] = [];
const answered: Answered[] = [];
const go = async (name: string, way: () => Way): Promise<void> => {
  try {
    answered.push(await follow(way(), home));
  } catch (error) {
    outcomes.push({ name, problem: messageOf(error) });
  }
};

const serve = async (): Promise<void> => {
  const { url, stop } = await startService(
    answered.map(({ ref }) => ref),
    home,
  );
  for (const one of answered) {
    const problem = await askService(one, url).then(() => undefined, messageOf);
    outcomes.push({ name: one.way.name, greatest: one.greatest, ...(problem !== undefined && { problem }) });
  }
  stop();
};

/** Lines that lead to no model, in a folder of files that they are about. */
const runTheRest = (done: readonly Told[]): void => {
  const isDone = ({ title, at }: Block): boolean => done.some((one) => one.title === title && one.at === at);
  const rest = blocks.filter((block) => !(block.title in notRun) && !(block.title in madeBefore) && !isDone(block));
  const file = answered.find(({ way }) => way.name === 'pickle-sk-by-hand');
  if (file === undefined) return;
  shell.begin(file.way);
  for (const block of rest) {
    const name = `${block.title}: ${block.code.split('\n')[0]}`;
    try {
      shell.runApart(block);
      outcomes.push({ name, greatest: 0 });
    } catch (error) {
      outcomes.push({ name, problem: messageOf(error) });
    }
  }
};

const told = train(models);
if (wanted.length === 0) runPython('exporter.py');
say(`trained and exported (${process.uptime().toFixed(0)} s)`);
for (const one of told)
  if (one.failed === undefined) await go(one.name, () => wayOf(one));
  else outcomes.push({ name: one.name, problem: one.failed });
for (const way of waysOfNetworks()) await go(way.name, () => way);
if (wanted.length === 0) for (const title of Object.keys(madeBefore)) await go(title, () => wayOfLines(title));
say(`packed and predicted (${process.uptime().toFixed(0)} s)`);
await serve();
if (wanted.length === 0) runTheRest(told);

outcomes.sort((a, b) => (a.name < b.name ? -1 : 1));
for (const { name, problem, greatest } of outcomes) {
  say(
    `${name.padEnd(40)} ${problem === undefined ? `ok, ${greatest === 0 ? 'the same bits' : `within ${greatest?.toExponential(1)}`}` : `FAILED ${problem}`}`,
  );
}
const bad = outcomes.filter(({ problem }) => problem !== undefined).length;
say(
  `${outcomes.length - bad} of ${outcomes.length} ways lead to the library's answers (${process.uptime().toFixed(0)} s)`,
);
process.exit(bad === 0 ? 0 : 1);
