import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Package } from '../../src/package/layout.ts';
import { type EdgeSite, examples, openEdgeSite, scoreThere } from './edge-site.ts';

/** Of all that a page loads to score a model but the model, with gzip. */
const MAX_BUNDLE_BYTES: Readonly<Record<string, number>> = {
  'ride-duration': 28_300,
  'ride-fare': 30_600,
  'ride-tip': 28_750,
  churn: 29_600,
};

describe('what a page loads of millrace/edge', { timeout: 120_000 }, () => {
  let edge: EdgeSite;
  before(async () => {
    edge = await openEdgeSite(examples);
  });
  after(() => edge?.close());

  for (const [name, most] of Object.entries(MAX_BUNDLE_BYTES)) {
    it(`for ${name} is ${most} bytes at most, and no ONNX Runtime`, async (t) => {
      const { page, loaded } = await edge.open();
      const rows = (edge.packages.get(name) as Package).examples.map(({ input }) => input);
      const { answers } = await scoreThere(page, name, rows);
      assert.ok(answers.every(({ output }) => output));
      const others = ['/page.html', '/favicon.ico', `/${name}.tar`];
      const parts = [...loaded].filter((path) => !others.includes(path));
      assert.ok(parts.every((path) => !/wasm|onnx.web/.test(path)));
      const bytes = parts.reduce((sum, path) => sum + gzipSync(edge.site.files.get(path) ?? '').length, 0);
      t.diagnostic(`${name}: ${bytes} bytes with gzip (${parts.join(' ')})`);
      assert.ok(bytes <= most, `${bytes} bytes`);
    });
  }
});
