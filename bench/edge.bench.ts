/**
 * How soon a page has its first answer: from the page's first script to the row's answer, in a browser of its own that has nothing in
 * its cache. The browser's own start does not count. Beside millrace/edge on its own runtime stand the same package on ONNX Runtime's
 * WebAssembly, and a page that gets the same bytes as one module and one package and does nothing with them, which no page can beat.
 */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { bundleEdge } from '../scripts/edge-bundle.ts';
import { createApp } from '../src/app.ts';
import { openBrowser, openSite, type Site } from '../test/browser/browser.ts';
import type { BenchOptions, BenchResult } from './bench.ts';

export const summary =
  'First answer in a fresh browser: millrace/edge beside the same package on ONNX Runtime, and beside its bytes alone';

const root = join(import.meta.dirname, '..');
const examples: Readonly<Record<string, string>> = {
  'ride-duration': 'examples/taxi/models/ride-duration',
  'ride-fare': 'examples/taxi/models/ride-fare',
  'ride-tip': 'examples/taxi/models/ride-tip',
  churn: 'examples/churn/models/churn',
};
const ways = ['millrace/edge', 'ONNX Runtime', 'bytes alone'] as const;
type Way = (typeof ways)[number];

const pathOf = (way: Way, name: string): string => `/${way.replaceAll(' ', '-')}/${name}.html`;

/** What a page says of itself: when it had what, in ms from its first script. */
interface Moments {
  readonly scripts: number;
  readonly package: number;
  readonly ready: number;
  readonly answered: number;
}

interface Run extends Moments {
  /** Milliseconds of processor time that the page's own thread took. */
  readonly processor: number;
}

/** As docs/EDGE.md has it for pages without a bundler. */
const pageOf = (script: string, tar: string, row: unknown): string => `<!doctype html>
<script>const began = performance.now();</script>
<link rel="modulepreload" href="/scoring.js">
<link rel="preload" as="fetch" crossorigin href="${tar}">
<script type="module">
  import { load } from '${script}';
  const scripts = performance.now() - began;
  const scorer = await load('${tar}', { wasm: '/wasm/' });
  const ready = performance.now() - began;
  const [answer] = await scorer.score([${JSON.stringify(row)}]);
  const answered = performance.now() - began;
  const [{ responseEnd }] = performance.getEntriesByName(new URL('${tar}', location).href);
  console.info(JSON.stringify(answer.output ? { scripts, package: responseEnd - began, ready, answered } : answer));
</script>`;

/** A module of so many bytes that gets a package, and answers without it. */
const loadOnly = (codes: readonly string[]): string => `export const load = async (url) => {
  await (await fetch(url)).arrayBuffer();
  return { score: async () => [{ output: {} }] };
};
/*${codes.join('').replaceAll('*/', '')}*/`;

/** All files of millrace/edge, and each package and its page once a way. */
const prepare = async (folder: string): Promise<Map<string, Uint8Array | string>> => {
  const files = new Map<string, Uint8Array | string>();
  for (const [name, code] of await bundleEdge({ within: true })) files.set(`/${name}`, code);
  const dist = dirname(createRequire(import.meta.url).resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm'));
  for (const file of ['ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'])
    files.set(`/wasm/${file}`, await readFile(join(dist, file)));
  const app = createApp({ cwd: root, env: { HOME: '/nonexistent', MILLRACE_REGISTRY: 'sqlite::memory:' } });
  for (const [name, source] of Object.entries(examples)) {
    const own = await app.pack(`./${source}`);
    const row = own.package.examples[0].input;
    files.set(`/own/${name}.tar`, own.tar);
    const copy = join(folder, name);
    await cp(join(root, source), copy, { recursive: true });
    const yaml = join(copy, 'model.yaml');
    await writeFile(yaml, `${await readFile(yaml, 'utf8')}\nruntime: onnx\n`);
    files.set(`/onnx/${name}.tar`, (await app.pack(copy)).tar);
    files.set(pathOf('millrace/edge', name), pageOf('/edge.js', `/own/${name}.tar`, row));
    files.set(pathOf('ONNX Runtime', name), pageOf('/edge.js', `/onnx/${name}.tar`, row));
    const alone = pageOf(`/alone/${name}.js`, `/own/${name}.tar`, row);
    files.set(pathOf('bytes alone', name), alone.replace(/<link rel="modulepreload".*\n/, ''));
  }
  await app.close();
  return files;
};

/** Opens a page in a browser of its own, and notes the scripts that it asks for. */
const open = async (site: Site, path: string, scripts: Set<string>): Promise<Run> => {
  const browser = await openBrowser();
  try {
    const page = await browser.newPage();
    page.on('request', (request) => {
      const asked = new URL(request.url()).pathname;
      if (asked.endsWith('.js')) scripts.add(asked);
    });
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
    const [said] = await Promise.all([
      page.waitForEvent('console', (message) => message.type() === 'info'),
      page.goto(`${site.url}${path}`),
    ]);
    const moments = JSON.parse(said.text()) as Moments;
    if (moments.answered === undefined) throw new Error(said.text());
    const { metrics } = await devtools.send('Performance.getMetrics');
    const processor = (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN) * 1000;
    return { ...moments, processor };
  } finally {
    await browser.close();
  }
};

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1];
const best = (runs: readonly Run[]): Run => runs.reduce((a, b) => (a.answered <= b.answered ? a : b));

/** The runs of a model one way; the parts are those of the best of them. */
const figureOf = (model: string, way: Way, runs: readonly Run[]) => {
  const { scripts, package: got, ready, answered } = best(runs);
  return {
    model,
    way,
    'median, ms': median(runs.map((run) => run.answered)),
    'best, ms': answered,
    'scripts, ms': scripts,
    'package, ms': got,
    'prepared, ms': ready - Math.max(scripts, got),
    'row, ms': answered - ready,
    "page's processor time, ms": median(runs.map(({ processor }) => processor)),
  };
};

export const run = async ({ short }: BenchOptions): Promise<BenchResult> => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
  const files = await prepare(folder);
  const site = await openSite(files);
  const names = Object.keys(examples);
  const runs = new Map(names.map((name) => [name, new Map<Way, Run[]>(ways.map((way) => [way, []]))]));
  // In turns, so that a busy moment of the machine meets all alike.
  for (let turn = 0; turn < (short ? 1 : 7); turn++)
    for (const [name, byWay] of runs)
      for (const [way, found] of byWay) {
        const scripts = new Set<string>();
        found.push(await open(site, pathOf(way, name), scripts));
        if (way === 'millrace/edge')
          files.set(`/alone/${name}.js`, loadOnly([...scripts].map((path) => String(files.get(path)))));
      }
  await site.close();
  await rm(folder, { recursive: true, force: true });
  const figures = [...runs].map(([name, byWay]) => [...byWay].map(([way, found]) => figureOf(name, way, found)));
  return {
    rows: figures.flat(),
    ratios: Object.fromEntries(
      figures.flatMap(([own, onnx, alone]) => [
        [`${own.model}, times as soon as on ONNX Runtime`, onnx['median, ms'] / own['median, ms']],
        [`${own.model}, first answer to its bytes alone`, own['best, ms'] / alone['best, ms']],
        [`${own.model}, first answer, best, ms`, own['best, ms']],
      ]),
    ),
    goals: Object.fromEntries(names.map((name) => [`${name}, first answer, best, ms`, { atMost: 50 }])),
  };
};
