import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { createRides } from '../../examples/taxi/rides.ts';
import { bundleEdge } from '../../scripts/edge-bundle.ts';
import { createApp } from '../../src/app.ts';
import type { Answer, Manifest, Value } from '../../src/core/types.ts';
import { createService, type Service } from '../../src/modes/service/service.ts';
import { toleranceOf } from '../../src/package/golden.ts';
import { initFolder } from '../../src/package/init-folder.ts';
import { buildOnnx } from '../runtimes/onnx-builder.ts';
import { neighbours } from '../runtimes/trees/neighbour-graphs.ts';
import { graphOf } from '../runtimes/trees/operator-case.ts';
import { cases } from '../runtimes/trees/operator-cases.ts';
import { vectorizer } from '../runtimes/trees/text-graphs.ts';
import { openBrowser, openSite, type Site } from './browser.ts';

const root = join(import.meta.dirname, '../..');
/** On the own runtime, which must agree bit for bit: trees of rides, and these. */
const taxi = ['ride-duration', 'ride-fare', 'ride-tip'];
const tabular = [
  'sk-mlp',
  'sk-logistic-zipmap',
  'sk-double',
  'lgbm-categorical',
  'xgb-classifier',
  'sk-multi-output',
  'tree-ensemble',
];
/** On ONNX Runtime, whose two builds must agree within the tolerance. */
const foreign = 'sk-double-linear';
/** Files of libraries of boosted trees, put to work as they are. */
const files = {
  'xgboost-categories': 'xgboost-categories.ubj',
  'lightgbm-classes': 'lightgbm-classes.txt',
  'lightgbm-pandas': 'lightgbm-pandas.txt',
  'catboost-classes': 'catboost-classes.json.gz',
  'catboost-statistics': 'catboost-statistics.json.gz',
};
const made = mkdtempSync(join(tmpdir(), 'millrace-edge-'));
const putToWork = async (name: string, file: string): Promise<void> => {
  const bytes = readFileSync(join(root, 'test/fixtures/tree-files', file));
  const model = join(made, file.replace(/\.gz$/, ''));
  await writeFile(model, file.endsWith('.gz') ? gunzipSync(bytes) : bytes);
  await initFolder({ model, folder: join(made, name), force: false, cwd: root });
};
/** Graphs of operators that only some packages need, each in a chunk of its own. */
const graphs: Readonly<Record<string, Uint8Array>> = {
  'support-vectors': graphOf(cases['SVMClassifier RBF with probabilities']),
  neighbours: buildOnnx(neighbours()),
  words: vectorizer('[a-z]+'),
};
const putGraphToWork = async (name: string, file: Uint8Array): Promise<void> => {
  const model = join(made, `${name}.onnx`);
  await writeFile(model, file);
  await initFolder({ model, folder: join(made, name), force: false, cwd: root });
};
const models: Readonly<Record<string, string>> = {
  ...Object.fromEntries(taxi.map((name) => [name, `./examples/taxi/models/${name}`])),
  churn: './examples/churn/models/churn',
  ...Object.fromEntries([...tabular, foreign].map((name) => [name, `./test/fixtures/models/${name}`])),
  ...Object.fromEntries([...Object.keys(files), ...Object.keys(graphs)].map((name) => [name, join(made, name)])),
};
/** Of all that a page loads to score a model but the model, with gzip. */
const MAX_BUNDLE_BYTES: Readonly<Record<string, number>> = {
  'ride-duration': 34_500,
  'ride-fare': 37_900,
  'ride-tip': 35_600,
  churn: 36_500,
};
const examples = Object.keys(MAX_BUNDLE_BYTES);

type Edge = typeof import('../../src/modes/edge/edge.ts');
type Window = typeof globalThis & { edge: Edge };

const script = 'window.edge = await import("/edge.js"); document.title = "ready";';
/** Without 'wasm-unsafe-eval', a browser compiles no WebAssembly. */
const policy = `<meta http-equiv="Content-Security-Policy" content="script-src 'self'">`;

describe('millrace/edge in a real browser', { timeout: 120_000 }, () => {
  const app = createApp({ cwd: root, env: { HOME: '/nonexistent', MILLRACE_REGISTRY: 'sqlite::memory:' } });
  const manifests = new Map<string, Manifest>();
  const goldenRows = new Map<string, readonly unknown[]>();
  let service: Service;
  let server: string;
  let browser: Browser;
  let site: Site;
  let page: Page;

  before(async () => {
    const dist = dirname(createRequire(import.meta.url).resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm'));
    const wasm = ['ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'];
    const pages = new Map<string, Uint8Array | string>([
      ['/page.html', `<!doctype html><script type="module">${script}</script>`],
      ['/strict.html', `<!doctype html>${policy}<script type="module" src="/strict.js"></script>`],
      ['/strict.js', script],
    ]);
    for (const [name, code] of await bundleEdge({ within: true })) pages.set(`/${name}`, code);
    for (const file of wasm) pages.set(`/wasm/${file}`, await readFile(join(dist, file)));
    for (const [name, file] of Object.entries(files)) await putToWork(name, file);
    for (const [name, file] of Object.entries(graphs)) await putGraphToWork(name, file);
    for (const [name, folder] of Object.entries(models)) {
      const packed = await app.pack(folder);
      pages.set(`/${name}.tar`, packed.tar);
      manifests.set(name, packed.package.manifest);
      goldenRows.set(
        name,
        packed.package.examples.map(({ input }) => input),
      );
    }
    service = await createService({ refs: Object.values(models), source: app });
    server = await service.listen({ host: '127.0.0.1', port: 0 });
    site = await openSite(pages);
    browser = await openBrowser();
    page = await browser.newPage();
    await page.goto(`${site.url}/page.html`);
    await page.waitForFunction(() => document.title === 'ready');
  });

  after(async () => {
    await browser?.close();
    await site?.close();
    await service?.close();
    await app.close();
    await rm(made, { recursive: true, force: true });
  });

  /** Scores rows in a page, with a package that it fetched and verified itself. */
  const scoreThere = (
    name: string,
    rows: readonly unknown[],
    where: Page = page,
  ): Promise<{ digest: string; answers: readonly Answer[] }> =>
    where.evaluate(
      async ([file, input]) => {
        const scorer = await (window as unknown as Window).edge.load(file as string, { wasm: '/wasm/' });
        const answers = await scorer.score(input as readonly unknown[]);
        await scorer.close();
        return { digest: scorer.digest, answers };
      },
      [`/${name}.tar`, rows] as const,
    );

  /** Asks the server for the same rows over HTTP. */
  const scoreHere = async (
    name: string,
    rows: readonly unknown[],
  ): Promise<{ digest: string; answers: readonly Answer[] }> => {
    const response = await fetch(`${server}/predict/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ rows }),
    });
    const { digest, predictions } = (await response.json()) as {
      digest: string;
      predictions: readonly { prediction?: Readonly<Record<string, Value>>; error?: Answer['error'] }[];
    };
    const answers = predictions.map(
      ({ prediction, error }): Answer => (error ? { error } : { output: prediction ?? {} }),
    );
    return { digest, answers };
  };

  for (const name of taxi) {
    it(`answers ${name} with the same bits as the server, refusals included`, async () => {
      const rows: unknown[] = createRides(7)
        .take(500)
        .map(({ ride }) => ride);
      rows.push({}, { ...(rows[0] as object), distance: -1 }, { ...(rows[1] as object), pickup: 'yesterday' }, null);
      const [there, here] = [await scoreThere(name, rows), await scoreHere(name, rows)];
      assert.deepEqual(there, here);
      assert.equal(there.answers.filter(({ error }) => error).length, 4);
    });
  }

  /** Numbers for every field of a model of the fixtures. */
  const rowsOf = (name: string): readonly unknown[] => {
    const { inputs } = manifests.get(name) as Manifest;
    return Array.from({ length: 200 }, (_, row) =>
      Object.fromEntries(
        Object.entries(inputs).map(([field, { kind, ...rest }], index) => {
          const labels = 'labels' in rest ? rest.labels : undefined;
          const value = Math.sin(row * 1.7 + index) * 2;
          if (kind === 'text') return [field, `the ${row} cat sat on ${value} mats`];
          if (kind === 'boolean') return [field, row % 2 === 0];
          return [field, labels ? labels[row % labels.length] : kind === 'integer' ? Math.round(value) : value];
        }),
      ),
    );
  };

  for (const name of [...tabular, ...Object.keys(files), ...Object.keys(graphs)]) {
    it(`answers ${name} with the same bits as the server`, async () => {
      const rows = rowsOf(name);
      const [there, here] = [await scoreThere(name, rows), await scoreHere(name, rows)];
      assert.deepEqual(there, here);
      assert.ok(here.answers.some(({ output }) => output));
    });
  }

  for (const name of examples) {
    it(`scores ${name} with ${MAX_BUNDLE_BYTES[name]} bytes at most, and without ONNX Runtime`, async (t) => {
      const fresh = await browser.newPage();
      const loaded = new Set<string>();
      fresh.on('request', (request) => loaded.add(new URL(request.url()).pathname));
      await fresh.goto(`${site.url}/page.html`);
      await fresh.waitForFunction(() => document.title === 'ready');
      const { answers } = await scoreThere(name, goldenRows.get(name) as readonly unknown[], fresh);
      assert.ok(answers.every(({ output }) => output));
      loaded.delete('/page.html');
      loaded.delete(`/${name}.tar`);
      loaded.delete('/favicon.ico');
      assert.ok([...loaded].every((path) => !/wasm|onnx.web/.test(path)));
      const bytes = [...loaded].reduce((sum, path) => sum + gzipSync(site.files.get(path) ?? '').length, 0);
      t.diagnostic(`${name}: ${bytes} bytes with gzip (${[...loaded].join(' ')})`);
      assert.ok(bytes <= MAX_BUNDLE_BYTES[name], `${bytes} bytes`);
    });
  }

  it('exports what is documented, and nothing else', async () => {
    const names = await page.evaluate(() => Object.keys((window as unknown as Window).edge));
    assert.deepEqual(names.sort(), ['MillraceError', 'load']);
  });

  it('says by a code which of its files cannot be loaded', async () => {
    const chunk = '/datetimes.js';
    const code = site.files.get(chunk) as string;
    site.files.delete(chunk);
    const fresh = await browser.newPage();
    await fresh.goto(`${site.url}/page.html`);
    await fresh.waitForFunction(() => document.title === 'ready');
    const told = await fresh.evaluate(async () => {
      try {
        await (window as unknown as Window).edge.load('/ride-tip.tar');
        return 'loaded';
      } catch (error) {
        return `${(error as { code?: string }).code}: ${(error as Error).message}`;
      }
    });
    site.files.set(chunk, code);
    assert.match(told, /^NOT_LOADED: .*datetimes\.js.*Serve all its files/);
  });

  it('answers with the same bits where a Content-Security-Policy forbids WebAssembly', async () => {
    const strict = await browser.newPage();
    await strict.goto(`${site.url}/strict.html`);
    await strict.waitForFunction(() => document.title === 'ready');
    const compiles = await strict.evaluate(() =>
      WebAssembly.compile(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)).then(
        () => true,
        () => false,
      ),
    );
    assert.equal(compiles, false);
    const rides = createRides(8)
      .take(200)
      .map(({ ride }) => ride);
    for (const name of taxi) assert.deepEqual(await scoreThere(name, rides, strict), await scoreHere(name, rides));
    for (const name of [...tabular, ...Object.keys(files), ...Object.keys(graphs)])
      assert.deepEqual(await scoreThere(name, rowsOf(name), strict), await scoreHere(name, rowsOf(name)));
  });

  for (const name of [foreign]) {
    it(`answers ${name}, a graph for ONNX Runtime, within the tolerance of its manifest`, async () => {
      const { atol, rtol } = toleranceOf(manifests.get(name) as Manifest);
      const rows = rowsOf(name);
      const near = (a: Value | undefined, b: Value | undefined): boolean =>
        typeof a === 'number' && typeof b === 'number' ? Math.abs(a - b) <= atol + rtol * Math.abs(b) : a === b;
      const [there, here] = [await scoreThere(name, rows), await scoreHere(name, rows)];
      here.answers.forEach(({ output = {} }, row) => {
        for (const [field, value] of Object.entries(output)) {
          const got = there.answers[row].output?.[field];
          assert.ok(near(got, value), `row ${row}: ${field}: ${got} in the browser, ${value} on the server`);
        }
      });
    });
  }

  it('refuses a package with one byte changed, naming the file', async () => {
    const tar = Uint8Array.from(site.files.get('/ride-tip.tar') as Uint8Array);
    const place = Buffer.from(tar).indexOf('"ride-tip', 1024);
    tar[place + 4] ^= 1;
    site.files.set('/flipped.tar', tar);
    const message = await page.evaluate(async () => {
      try {
        await (window as unknown as Window).edge.load('/flipped.tar', { wasm: '/wasm/' });
        return 'loaded';
      } catch (error) {
        return `${(error as { code?: string }).code}: ${(error as Error).message}`;
      }
    });
    assert.match(message, /^DAMAGED_PACKAGE: (model\.json|index\.json|the model config)/);
  });

  it('refuses another package than the one whose digest it was told, one too large, and one that is not there', async () => {
    const codes = await page.evaluate(async () => {
      const { load } = (window as unknown as Window).edge;
      const codeOf = (promise: Promise<unknown>) =>
        promise.then(
          () => 'loaded',
          (error: { code?: string }) => error.code,
        );
      return [
        await codeOf(load('/ride-tip.tar', { wasm: '/wasm/', digest: `sha256:${'0'.repeat(64)}` })),
        await codeOf(load('/ride-tip.tar', { wasm: '/wasm/', maxBytes: 1000 })),
        await codeOf(load('/nothing.tar', { wasm: '/wasm/' })),
      ];
    });
    assert.deepEqual(codes, ['DAMAGED_PACKAGE', 'TOO_LARGE', 'FILE_NOT_FOUND']);
  });
});
