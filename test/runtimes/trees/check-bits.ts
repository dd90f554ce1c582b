/**
 * Holds the own runtime to its bits at length: hostile rows (thresholds, their neighbours, NaN, ±0, ±Infinity, denormals, unknown
 * texts) for every fixture and example. Graphs are held against onnxruntime-node, in batches of any size; files of libraries
 * against themselves in other batches, and against the kernel in JavaScript; both against Chromium. Tests do the same with few rows.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openBrowserAnswers } from '../../browser/answers.ts';
import { digestOfGraph, digestOfTreeFile } from './digests.ts';
import { folders, foreign, graphOf, holdGraph, holdTreeFile, treeFileOf, treeFiles } from './held-models.ts';

const HELP = `npm run check:bits -- [options]

  --rows <n>      rows a model; 100000 unless given
  --only <text>   models whose path has this in it
  --digests       print what files of libraries answer as JSON, by path: a digest of all bits
`;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** What files of libraries answer where WebAssembly is forbidden: digests by path. */
const withoutWebAssembly = (options: readonly string[]): Readonly<Record<string, string>> => {
  const flags = ['--disable-warning=ExperimentalWarning', '--import', join(import.meta.dirname, 'no-webassembly.ts')];
  const { status, stdout } = spawnSync(process.execPath, [...flags, import.meta.filename, '--digests', ...options], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error('check:bits: the run without WebAssembly failed.');
  return JSON.parse(stdout) as Readonly<Record<string, string>>;
};

/** Tells of each model, and counts those that answer otherwise. */
const holdAll = async (paths: readonly string[], hold: (path: string) => Promise<string>): Promise<number> => {
  let failed = 0;
  for (const path of paths) {
    const start = performance.now();
    try {
      const told = await hold(path);
      say(`✓ ${path}: ${told}, ${((performance.now() - start) / 1000).toFixed(1)} s`);
    } catch (error) {
      failed++;
      say(`✗ ${path}: ${(error as Error).message}`);
    }
  }
  return failed;
};

const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '100000' },
      only: { type: 'string', default: '' },
      digests: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const rows = Number(values.rows);
  if (values.help || !(Number.isSafeInteger(rows) && rows > 0)) {
    say(HELP);
    return values.help ? 0 : 2;
  }
  const files = treeFiles.filter((path) => path.includes(values.only));
  if (values.digests) {
    const digests: Record<string, string> = {};
    for (const path of files) digests[path] = await holdTreeFile(path, rows, 0);
    say(JSON.stringify(digests));
    return 0;
  }
  const graphs = folders.filter((path) => path.includes(values.only) && !(path in foreign));
  const chromium = await openBrowserAnswers();
  /** Holds a page of Chromium to the bits that Node answers with. */
  const holdThere = async (of: 'digestOfGraph' | 'digestOfTreeFile', file: Uint8Array): Promise<void> => {
    const here = await (of === 'digestOfGraph' ? digestOfGraph : digestOfTreeFile)(file, rows);
    if ((await chromium.digest(of, file, rows)) !== here) throw new Error('Chromium answers otherwise');
  };
  const wrongGraphs = await holdAll(graphs, async (folder) => {
    const answered = await holdGraph(folder, rows);
    await holdThere('digestOfGraph', graphOf(folder));
    return `${answered} rows answered as by ONNX Runtime, and ${rows} in Chromium`;
  });
  const others = files.length === 0 ? {} : withoutWebAssembly(['--rows', values.rows, '--only', values.only]);
  const wrongFiles = await holdAll(files, async (path) => {
    const digest = await holdTreeFile(path, rows);
    if (others[path] !== digest) throw new Error('the kernel in JavaScript answers otherwise');
    await holdThere('digestOfTreeFile', treeFileOf(path));
    return `${rows} rows alike in any batch, in Chromium, and without WebAssembly`;
  });
  await chromium.close();
  const wrong = wrongGraphs + wrongFiles;
  say(`${graphs.length + files.length - wrong} of ${graphs.length + files.length} models hold`);
  return wrong === 0 ? 0 : 1;
};

process.exitCode = await main();
