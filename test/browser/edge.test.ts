import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { createRides } from '../../examples/taxi/rides.ts';
import type { Answer, Manifest, Value } from '../../src/core/types.ts';
import { createService, type Service } from '../../src/modes/service/service.ts';
import { toleranceOf } from '../../src/package/golden.ts';
import type { Package } from '../../src/package/layout.ts';
import { buildOnnx } from '../runtimes/onnx-builder.ts';
import { neighbours } from '../runtimes/trees/neighbour-graphs.ts';
import { graphOf } from '../runtimes/trees/operator-case.ts';
import { cases } from '../runtimes/trees/operator-cases.ts';
import { vectorizer } from '../runtimes/trees/text-graphs.ts';
import { type EdgeSite, examples, openEdgeSite, root, type Scored, scoreThere, taxi } from './edge-site.ts';

/** On the own runtime, which must agree bit for bit: trees of rides, and these. */
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
/** Graphs of operators that only some packages need, each in a chunk of its own. */
const graphs: Readonly<Record<string, Uint8Array>> = {
  'support-vectors': graphOf(cases['SVMClassifier RBF with probabilities']),
  neighbours: buildOnnx(neighbours()),
  words: vectorizer('[a-z]+'),
};
const models: Readonly<Record<string, string>> = {
  ...examples,
  ...Object.fromEntries([...tabular, foreign].map((name) => [name, `./test/fixtures/models/${name}`])),
};

describe('millrace/edge in a real browser', { timeout: 120_000 }, () => {
  let edge: EdgeSite;
  let service: Service;
  let server: string;
  let page: Page;
  let loaded: ReadonlySet<string>;

  before(async () => {
    edge = await openEdgeSite(models);
    const folders = Object.values(models);
    const put = async (name: string, file: string, bytes: Uint8Array): Promise<void> => {
      const model = join(edge.folder, file);
      await writeFile(model, bytes);
      folders.push(await edge.put(name, model));
    };
    for (const [name, file] of Object.entries(files)) {
      const bytes = readFileSync(join(root, 'test/fixtures/tree-files', file));
      await put(name, file.replace(/\.gz$/, ''), file.endsWith('.gz') ? gunzipSync(bytes) : bytes);
    }
    for (const [name, bytes] of Object.entries(graphs)) await put(name, `${name}.onnx`, bytes);
    service = await createService({ refs: folders, source: edge.app });
    server = await service.listen({ host: '127.0.0.1', port: 0 });
    ({ page, loaded } = await edge.open());
  });

  after(async () => {
    await service?.close();
    await edge?.close();
  });

  /** Asks the server for the same rows over HTTP. */
  const scoreHere = async (name: string, rows: readonly unknown[]): Promise<Scored> => {
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

  const manifestOf = (name: string): Manifest => (edge.packages.get(name) as Package).manifest;

  /** Numbers for every field of a model of the fixtures. */
  const rowsOf = (name: string): readonly unknown[] => {
    const { inputs } = manifestOf(name);
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

  /** Of each model: the rows that are held against the server's answers. */
  const sameBits: Readonly<Record<string, () => readonly unknown[]>> = {
    ...Object.fromEntries(
      taxi.map((name) => [
        name,
        () =>
          createRides(7)
            .take(500)
            .map(({ ride }) => ride),
      ]),
    ),
    ...Object.fromEntries(
      [...tabular, ...Object.keys(files), ...Object.keys(graphs)].map((name) => [name, () => rowsOf(name)]),
    ),
  };

  for (const [name, rowsOfModel] of Object.entries(sameBits)) {
    it(`answers ${name} with the same bits as the server`, async () => {
      const all = rowsOfModel();
      const { answers } = await scoreHere(name, all);
      const rows = all.filter((_, row) => answers[row].output);
      assert.ok(rows.length > 0);
      assert.deepEqual(await scoreThere(page, name, rows), await scoreHere(name, rows));
    });
  }

  it('loads nothing for that but what answers', () => {
    assert.deepEqual(
      [...loaded].filter((path) => /whole|wasm|onnx/.test(path)),
      [],
    );
  });

  for (const name of Object.keys(sameBits)) {
    it(`answers ${name} with the same bits where some rows are refused, and refuses them in the same words`, async () => {
      const rows = [...sameBits[name](), {}, null, 'a row'];
      for (const [field, value] of Object.entries(rows[0] as object))
        rows.push(
          ...[null, true, 'ten', -1e30, [value], ''].map((other) => ({ ...(rows[1] as object), [field]: other })),
        );
      const [there, here] = [await scoreThere(page, name, rows), await scoreHere(name, rows)];
      assert.deepEqual(there, here);
      assert.ok(there.answers.filter(({ error }) => error).length >= 3);
    });
  }

  it('exports what is documented, and nothing else', async () => {
    const names = await page.evaluate(() => Object.keys((window as unknown as { edge: object }).edge));
    assert.deepEqual(names.sort(), ['MillraceError', 'load']);
  });

  it('answers with the same bits where a Content-Security-Policy forbids WebAssembly', async () => {
    const { page: strict } = await edge.open('/strict.html');
    const compiles = await strict.evaluate(() =>
      WebAssembly.compile(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)).then(
        () => true,
        () => false,
      ),
    );
    assert.equal(compiles, false);
    for (const [name, rowsOfModel] of Object.entries(sameBits))
      assert.deepEqual(await scoreThere(strict, name, rowsOfModel()), await scoreHere(name, rowsOfModel()));
  });

  it(`answers ${foreign}, a graph for ONNX Runtime, within the tolerance of its manifest`, async () => {
    const { atol, rtol } = toleranceOf(manifestOf(foreign));
    const rows = rowsOf(foreign);
    const near = (a: Value | undefined, b: Value | undefined): boolean =>
      typeof a === 'number' && typeof b === 'number' ? Math.abs(a - b) <= atol + rtol * Math.abs(b) : a === b;
    const [there, here] = [await scoreThere(page, foreign, rows), await scoreHere(foreign, rows)];
    here.answers.forEach(({ output = {} }, row) => {
      for (const [field, value] of Object.entries(output)) {
        const got = there.answers[row].output?.[field];
        assert.ok(near(got, value), `row ${row}: ${field}: ${got} in the browser, ${value} on the server`);
      }
    });
  });
});
