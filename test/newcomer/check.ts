/**
 * What a newcomer does, with every library: train a model, export it by the library's own way and by millrace_export.py, then
 * `init`, `pack`, `predict` and `serve`, and hold each answer for 200 rows against the library. Needs Python. Names of models
 * as arguments leave the others out.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pythonWith } from '../python-packages.ts';
import { readHeldOut } from './held-out.ts';
import { startService } from './service.ts';
import { type Answered, askService, follow, type Way } from './way.ts';

/** As models.py tells it. */
interface Told {
  readonly name: string;
  readonly exact: boolean;
  readonly own?: string;
  /** What went wrong, by the folder that it is about. */
  readonly failed: Readonly<Record<string, string>>;
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

const runPython = (script: string, ...words: readonly string[]): void => {
  const path = join(import.meta.dirname, script);
  const { status } = spawnSync(python, [path, ...words], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`check:newcomer: ${script} failed.`);
};

/** Trains all models in one process, and exports them below `folder`. */
const train = (folder: string): readonly Told[] => {
  runPython('models.py', folder, ...process.argv.slice(2));
  return JSON.parse(readFileSync(join(folder, 'models.json'), 'utf8')) as readonly Told[];
};

const waysOf = (folder: string, { name, exact, own, failed }: Told): readonly Way[] => {
  const heldOut = readHeldOut(join(folder, name, 'held-out.json'));
  const ways: readonly Way[] = [
    { name: `${name}-exported`, folder: join(folder, `${name}-exported`), exact, named: true, heldOut },
    {
      name: `${name}-own`,
      folder: join(folder, `${name}-own`),
      exact,
      named: false,
      heldOut,
      ...(own && { file: own }),
    },
  ];
  return ways.filter((way) => !(way.name in failed) && (way.named || own !== undefined));
};

/** Networks of PyTorch, which is too large to install here: their exports, with what it answered, are kept in the repository. */
const fixtures = join(import.meta.dirname, '..', 'fixtures', 'torch');
const traced = ['mlp-traced', 'cnn-traced', 'lstm-traced', 'encoder-traced', 'int8-traced', 'float16-traced'];
const networks = ['mlp', 'cnn', 'lstm', 'encoder', 'float16', ...traced].map((network) => ({
  network,
  name: `torch-${network}`,
}));

const waysOfNetworks = (below: string, wanted: readonly string[]): readonly Way[] =>
  networks
    .filter(({ name }) => wanted.length === 0 || wanted.includes(name))
    .map(({ network, name }) => {
      const folder = join(below, name);
      cpSync(join(fixtures, network), folder, { recursive: true });
      const heldOut = readHeldOut(join(folder, 'held-out.json'));
      return { name, folder, file: 'model.onnx', exact: false, named: true, heldOut };
    });

const answer = async (ways: readonly Way[], home: string, outcomes: Outcome[]): Promise<readonly Answered[]> => {
  const answered: Answered[] = [];
  for (const way of ways) {
    try {
      answered.push(await follow(way, home));
    } catch (error) {
      outcomes.push({ name: way.name, problem: messageOf(error) });
    }
  }
  return answered;
};

const serve = async (answered: readonly Answered[], home: string): Promise<readonly Outcome[]> => {
  const { url, stop } = await startService(
    answered.map(({ way }) => way.folder),
    home,
  );
  const outcomes: Outcome[] = [];
  for (const one of answered) {
    const problem = await askService(one, url).then(() => undefined, messageOf);
    outcomes.push({ name: one.way.name, greatest: one.greatest, ...(problem !== undefined && { problem }) });
  }
  stop();
  return outcomes;
};

const home = mkdtempSync(join(tmpdir(), 'millrace-newcomer-'));
process.once('exit', () => rmSync(home, { recursive: true, force: true }));
const models = join(home, 'models');
const told = train(models);
if (process.argv.length === 2) runPython('exporter.py');
say(`trained and exported (${process.uptime().toFixed(0)} s)`);
const outcomes: Outcome[] = told.flatMap(({ failed }) =>
  Object.entries(failed).map(([name, problem]) => ({ name, problem })),
);
const answered = await answer(
  [...told.flatMap((one) => waysOf(models, one)), ...waysOfNetworks(models, process.argv.slice(2))],
  home,
  outcomes,
);
say(`packed and predicted (${process.uptime().toFixed(0)} s)`);
outcomes.push(...(await serve(answered, home)));

outcomes.sort((a, b) => (a.name < b.name ? -1 : 1));
for (const { name, problem, greatest } of outcomes) {
  say(
    `${name.padEnd(36)} ${problem === undefined ? `ok, ${greatest === 0 ? 'the same bits' : `within ${greatest?.toExponential(1)}`}` : `FAILED ${problem}`}`,
  );
}
const bad = outcomes.filter(({ problem }) => problem !== undefined).length;
say(
  `${outcomes.length - bad} of ${outcomes.length} ways lead to the library's answers (${process.uptime().toFixed(0)} s)`,
);
process.exit(bad === 0 ? 0 : 1);
