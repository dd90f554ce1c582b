/** Damaged graphs: refused, left to another runtime, or answered. Nothing else, and never without end. */
import './no-webassembly.ts';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MillraceError } from '../../../src/core/errors.ts';
import { readOnnx } from '../../../src/runtimes/onnx-graph.ts';
import { modelOf } from '../../../src/runtimes/trees/onnx-model.ts';
import { everyOperator } from '../../../src/runtimes/trees/operators/every.ts';
import { openModel } from '../../../src/runtimes/trees/session.ts';
import { Unusual } from '../../../src/runtimes/trees/unusual.ts';
import { buildOnnx } from '../onnx-builder.ts';
import { neighbours } from './neighbour-graphs.ts';
import { graphOf } from './operator-case.ts';
import { cases } from './operator-cases.ts';
import { feedsOf, poolsOf, random } from './rows.ts';
import { vectorizer } from './text-graphs.ts';

const GRAPHS = 100_000;
const folder = join(import.meta.dirname, '..', '..', 'fixtures', 'models');
/** Operators of which no package here is small. */
const graphs = [
  'FeatureVectorizer',
  'SVMClassifier RBF with probabilities',
  'SVMRegressor POLY',
  'TreeEnsemble, all modes',
  'TreeEnsemble, several targets in a tree',
  'ReduceMax of many',
].map((name) => graphOf(cases[name]));
const strings = buildOnnx({
  inputs: [{ name: 'x', dtype: 'string', dims: ['rows'] }],
  outputs: [
    { name: 'y', dtype: 'bool', dims: ['rows'] },
    { name: 'count', dtype: 'int64', dims: ['rows'] },
  ],
  nodes: [
    { op: 'StringConcat', inputs: ['x', 'x'], outputs: ['twice'] },
    { op: 'StringSplit', inputs: ['twice'], outputs: ['parts', 'count'], attributes: { delimiter: ' ', maxsplit: 9n } },
    { op: 'RegexFullMatch', inputs: ['x'], outputs: ['y'], attributes: { pattern: '(a|[b-d]{1,3})*\\w+ ?(?:text)?' } },
  ],
  opsets: { '': 20 },
});
const made: readonly Uint8Array[] = [...graphs, strings, buildOnnx(neighbours()), vectorizer('[a-z]+')];

/** Small ones oftener than large ones. */
const packages = [
  ...Array.from({ length: 12 }, () => [
    'sk-logistic-zipmap',
    'bool-and-string-out',
    'int-inputs',
    'sk-ordinal-order',
    'sk-mlp',
  ]).flat(),
  'xgb-classifier',
  'sk-multi-output',
].map((name) => readFileSync(join(folder, name, 'model.onnx')));
const fixtures = [...packages, ...Array.from({ length: 4 }, () => made).flat()];

/** Bytes changed, cut out, doubled or made extreme, one to four times. */
const damaged = (file: Uint8Array, next: () => number): Uint8Array => {
  const bytes = Uint8Array.from(file);
  for (let left = 1 + Math.floor(next() * 4); left > 0; left--) {
    const at = Math.floor(next() * bytes.length);
    const how = next();
    if (how < 0.4) bytes[at] = Math.floor(next() * 256);
    else if (how < 0.6) bytes[at] ^= 1 << Math.floor(next() * 8);
    else if (how < 0.75) bytes.fill(next() < 0.5 ? 0xff : 0, at, at + 1 + Math.floor(next() * 9));
    else if (how < 0.9) bytes.copyWithin(at, Math.floor(next() * bytes.length), Math.floor(next() * bytes.length));
    else return bytes.subarray(0, at);
  }
  return bytes;
};

test(`${GRAPHS} damaged graphs end nothing and hold nothing up`, async () => {
  const next = random(20_261_128);
  const outcomes = { refused: 0, unusual: 0, opened: 0, answered: 0 };
  for (let graph = 0; graph < GRAPHS; graph++) {
    const file = damaged(fixtures[graph % fixtures.length], next);
    try {
      const session = openModel(modelOf(readOnnx(file), everyOperator));
      outcomes.opened++;
      if (graph % 8 === 0) {
        const names = session.outputs.map(({ name }) => name);
        const feeds = feedsOf(session.inputs, poolsOf(readOnnx(file)), 3, graph, ({ dims }) =>
          Math.min(
            40,
            dims.slice(1).reduce<number>((size, dim) => size * (dim ?? 1), 1),
          ),
        );
        await session.run(feeds, names).then(
          () => outcomes.answered++,
          (error) => assert.ok(error instanceof Error),
        );
      }
    } catch (error) {
      if (error instanceof Unusual) outcomes.unusual++;
      else if (error instanceof MillraceError && error.code === 'BAD_MODEL') outcomes.refused++;
      else throw error;
    }
  }
  for (const [outcome, count] of Object.entries(outcomes)) assert.ok(count > GRAPHS / 100, `${outcome}: ${count}`);
  assert.equal(outcomes.refused + outcomes.unusual + outcomes.opened, GRAPHS);
});
