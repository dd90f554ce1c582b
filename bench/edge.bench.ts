/** How soon a page has its first answer: millrace/edge on its own runtime beside the same package on ONNX Runtime's WebAssembly. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { bundleEdge } from '../scripts/edge-bundle.ts';
import { createApp } from '../src/app.ts';
import { openBrowser, openSite, type Site } from '../test/browser/browser.ts';
import type { BenchOptions, BenchResult } from './bench.ts';

export const summary = 'First answer in a fresh browser: millrace/edge beside the same package on ONNX Runtime';

const root = join(import.meta.dirname, '..');
const examples: Readonly<Record<string, string>> = {
  'ride-duration': 'examples/taxi/models/ride-duration',
  'ride-fare': 'examples/taxi/models/ride-fare',
  'ride-tip': 'examples/taxi/models/ride-tip',
  churn: 'examples/churn/models/churn',
};
const ways = ['own', 'onnx'] as const;
type Way = (typeof ways)[number];

/** A page with nothing in it, all files of millrace/edge, and each package once a way; and a row of each. */
const prepare = async (folder: string) => {
  const files = new Map<string, Uint8Array | string>([['/page.html', '<!doctype html>']]);
  for (const [name, code] of await bundleEdge({ within: true })) files.set(`/${name}`, code);
  const dist = dirname(createRequire(import.meta.url).resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm'));
  for (const file of ['ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'])
    files.set(`/wasm/${file}`, await readFile(join(dist, file)));
  const app = createApp({ cwd: root, env: { HOME: '/nonexistent', MILLRACE_REGISTRY: 'sqlite::memory:' } });
  const rows = new Map<string, unknown>();
  for (const [name, source] of Object.entries(examples)) {
    const own = await app.pack(`./${source}`);
    rows.set(name, own.package.examples[0].input);
    files.set(`/own/${name}.tar`, own.tar);
    const copy = join(folder, name);
    await cp(join(root, source), copy, { recursive: true });
    const yaml = join(copy, 'model.yaml');
    await writeFile(yaml, `${await readFile(yaml, 'utf8')}\nruntime: onnx\n`);
    files.set(`/onnx/${name}.tar`, (await app.pack(copy)).tar);
  }
  await app.close();
  return { files, rows };
};

/** Milliseconds from the first request for a file of millrace/edge to the first answer, in a browser of its own. */
const firstAnswer = async (site: Site, path: string, row: unknown): Promise<number> => {
  const browser = await openBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(`${site.url}/page.html`);
    return await page.evaluate(
      async ([url, input]) => {
        const began = performance.now();
        const entry = '/edge.js';
        const { load }: typeof import('../src/modes/edge/edge.ts') = await import(entry);
        const [answer] = await (await load(url as string, { wasm: '/wasm/' })).score([input]);
        if (answer.output === undefined) throw new Error(answer.error.message);
        return performance.now() - began;
      },
      [path, row] as const,
    );
  } finally {
    await browser.close();
  }
};

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1];

export const run = async ({ short }: BenchOptions): Promise<BenchResult> => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
  const { files, rows } = await prepare(folder);
  const site = await openSite(files);
  const names = Object.keys(examples);
  const times = new Map<string, number[]>();
  const timesOf = (way: Way, name: string): number[] => {
    const key = `${way} ${name}`;
    const found = times.get(key) ?? [];
    times.set(key, found);
    return found;
  };
  // In turns, so that a busy moment of the machine meets all alike.
  for (let turn = 0; turn < (short ? 1 : 7); turn++)
    for (const name of names)
      for (const way of ways) timesOf(way, name).push(await firstAnswer(site, `/${way}/${name}.tar`, rows.get(name)));
  await site.close();
  await rm(folder, { recursive: true, force: true });
  const figures = names.map((name) => {
    const [own, onnx] = [timesOf('own', name), timesOf('onnx', name)];
    return {
      model: name,
      'median, ms': median(own),
      'best, ms': Math.min(...own),
      'ONNX Runtime, median, ms': median(onnx),
      'ONNX Runtime, best, ms': Math.min(...onnx),
    };
  });
  return {
    rows: figures,
    ratios: Object.fromEntries(
      figures.flatMap((figure) => [
        [
          `${figure.model}, times as soon as on ONNX Runtime`,
          figure['ONNX Runtime, median, ms'] / figure['median, ms'],
        ],
        [`${figure.model}, first answer, best, ms`, figure['best, ms']],
      ]),
    ),
    goals: Object.fromEntries(names.map((name) => [`${name}, first answer, best, ms`, { atMost: 50 }])),
  };
};
