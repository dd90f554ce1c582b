/** Every model that the own runtime is held to, and how: by hostile rows, bit for bit, in batches of any size. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { ModelSession, Tensor } from '../../../src/core/types.ts';
import { openOnnxNode } from '../../../src/runtimes/onnx.node.ts';
import { readOnnx } from '../../../src/runtimes/onnx-graph.ts';
import { openTreeFile } from '../../../src/runtimes/trees/formats/open-trees.ts';
import { openTabular } from '../../../src/runtimes/trees/open-tabular.ts';
import { Unusual } from '../../../src/runtimes/trees/unusual.ts';
import { digestOf, poolsOfTrees, readTreeFile } from './digests.ts';
import { feedsOf, poolsOf, sliceTensors } from './rows.ts';
import { assertClose, assertSameBits, differences } from './same-bits.ts';

const root = join(import.meta.dirname, '..', '..', '..');

/** Folders of packages whose model is a graph. */
export const folders = ['test/fixtures/models', 'examples/*/models', 'bench/models']
  .flatMap((place) => globSync(`${place}/*/model.onnx`, { cwd: root }))
  .map((path) => dirname(path))
  // Its rows are pictures, which nobody draws by the thousand; they have suites of their own.
  .filter((folder) => folder !== 'test/fixtures/models/image-means')
  .sort();

/** What is left to ONNX Runtime, and why. */
export const foreign: Readonly<Record<string, RegExp>> = {
  'test/fixtures/models/sk-double-linear': /float64 where float32 is expected/,
};

/** ONNX Runtime's softmax of several scores adds in the order of its processor's vectors. */
const close = new Set(['test/fixtures/models/sk-logistic-zipmap']);

export const graphOf = (folder: string): Uint8Array => readFileSync(join(root, folder, 'model.onnx'));

const fixtures = 'test/fixtures/tree-files';
/** Files of libraries that are read, with the text of none of what they are beside. */
export const treeFiles = globSync(`${fixtures}/{xgboost,lightgbm,catboost}-*.{ubj,json,txt,json.gz}`, { cwd: root })
  .filter((path) => !/-(?:versions|pandas)\.json$|-no-texts\./.test(path))
  .sort();

/** A library's file as it was saved. */
export const treeFileOf = (path: string): Uint8Array => {
  const bytes = readFileSync(join(root, path));
  return new Uint8Array(path.endsWith('.gz') ? gunzipSync(bytes) : bytes);
};

type Feeds = Readonly<Record<string, Tensor>>;
const namesOf = (session: ModelSession): readonly string[] => session.outputs.map(({ name }) => name);

/** Rows that are asked for in each of the smaller sizes; all go in the greatest. */
const FEW = 2000;
const SIZES = [1000, 13, 4, 1];
const GREATEST = 4096;

/** One answer to all rows, and the same bits in pieces of any size. */
const assertAnyBatch = async (session: ModelSession, feeds: Feeds, few: number): Promise<Feeds> => {
  const whole = await session.run(feeds, namesOf(session));
  const rows = Math.min(few, Object.values(feeds)[0].dims[0]);
  for (const size of SIZES)
    for (let from = 0; from < rows; from += size) {
      const to = Math.min(rows, from + size);
      const found = differences(
        await session.run(sliceTensors(feeds, from, to), namesOf(session)),
        sliceTensors(whole, from, to),
      );
      assert.equal(found.length, 0, `${size} rows from ${from}: ${found.slice(0, 3).join('; ')}`);
    }
  return whole;
};

/**
 * The own runtime beside ONNX Runtime.
 *
 * @param few rows of each of the small batches
 * @returns how many rows were answered; the others both refused
 */
export const holdGraph = async (folder: string, rows: number, few = FEW): Promise<number> => {
  const file = graphOf(folder);
  const [own, theirs] = [openTabular(file), await openOnnxNode(file)];
  assert.ok(!(own instanceof Unusual), 'the own runtime takes it');
  assert.deepEqual([own.inputs, own.outputs], [theirs.inputs, theirs.outputs]);
  const pools = poolsOf(readOnnx(file));
  const hold = close.has(folder) ? assertClose : assertSameBits;
  let answered = await hold(own, theirs, feedsOf(own.inputs, pools, rows, 0), GREATEST);
  for (const [index, size] of SIZES.entries())
    answered += await hold(own, theirs, feedsOf(own.inputs, pools, Math.min(few, rows), index + 1), size);
  if (close.has(folder)) await assertAnyBatch(own, feedsOf(own.inputs, pools, rows, 0), few);
  await Promise.all([own.close(), theirs.close()]);
  return answered;
};

/** A library's own file beside itself in other batches. @returns the digest of all answers */
export const holdTreeFile = async (path: string, rows: number, few = FEW): Promise<string> => {
  const file = readTreeFile(treeFileOf(path));
  const session = openTreeFile(file);
  const answer = await assertAnyBatch(session, feedsOf(session.inputs, poolsOfTrees(file), rows, 0), few);
  await session.close();
  return digestOf([answer]);
};
