/** Every operator of the own runtime, alone, and graphs as converters write them: a page of Chromium has the bits of Node. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { buildOnnx } from '../runtimes/onnx-builder.ts';
import { digestOfGraph } from '../runtimes/trees/digests.ts';
import { neighbours } from '../runtimes/trees/neighbour-graphs.ts';
import { graphOf } from '../runtimes/trees/operator-case.ts';
import { cases } from '../runtimes/trees/operator-cases.ts';
import { vectorizer } from '../runtimes/trees/text-graphs.ts';
import { type BrowserAnswers, openBrowserAnswers } from './answers.ts';

const ROWS = 200;
const graphs: Readonly<Record<string, Uint8Array>> = {
  ...Object.fromEntries(Object.entries(cases).map(([name, one]) => [name, graphOf(one)])),
  'nearest neighbours': buildOnnx(neighbours()),
  'words of texts': vectorizer('[a-zA-Z0-9_]+'),
};

describe('Chromium answers with the bits of Node', { timeout: 120_000 }, () => {
  let chromium: BrowserAnswers;
  before(async () => {
    chromium = await openBrowserAnswers();
  });
  after(() => chromium?.close());

  for (const [name, file] of Object.entries(graphs))
    it(name, async () => {
      assert.equal(await chromium.digest('digestOfGraph', file, ROWS), await digestOfGraph(file, ROWS));
    });
});
