/** What the own runtime answers to hostile rows, as a digest of all its bits: the same code in Node and in a page. Web-standard. */
import type { ModelSession, Tensor } from '../../../src/core/types.ts';
import { readOnnx } from '../../../src/runtimes/onnx-graph.ts';
import { LEAF, MEMBER } from '../../../src/runtimes/trees/ensemble.ts';
import { catboost } from '../../../src/runtimes/trees/formats/catboost.ts';
import { lightgbm } from '../../../src/runtimes/trees/formats/lightgbm.ts';
import { openTreeFile } from '../../../src/runtimes/trees/formats/open-trees.ts';
import type { TreeFile } from '../../../src/runtimes/trees/formats/tree-file.ts';
import { xgboost } from '../../../src/runtimes/trees/formats/xgboost.ts';
import { openTrees } from '../../../src/runtimes/trees/open.ts';
import { feedsOf, neighbours, type Pools, poolsOf, sliceTensors } from './rows.ts';

type Tensors = Readonly<Record<string, Tensor>>;

/** Of all bits of an answer; one NaN is as good as another. */
export const digestOf = async (answers: readonly (Tensors | undefined)[]): Promise<string> => {
  const parts: Uint8Array[] = [];
  for (const answer of answers) {
    if (answer === undefined) parts.push(new TextEncoder().encode('refused'));
    for (const name of Object.keys(answer ?? {}).sort()) {
      const { data } = (answer as Tensors)[name];
      const isFloat = data instanceof Float32Array || data instanceof Float64Array;
      const bits = isFloat ? data.map((value) => (Number.isNaN(value) ? Number.NaN : value)) : data;
      const bytes = Array.isArray(bits)
        ? new TextEncoder().encode(JSON.stringify(bits))
        : new Uint8Array((bits as Float64Array).buffer);
      parts.push(new TextEncoder().encode(name), bytes);
    }
  }
  const whole = new Uint8Array(await new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer());
  return Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', whole)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
};

/** All rows at once; where one of them is refused, one by one. */
const digestOfRows = async (session: ModelSession, feeds: Tensors): Promise<string> => {
  const names = session.outputs.map(({ name }) => name);
  try {
    return await digestOf([await session.run(feeds, names)]);
  } catch {
    const answers: (Tensors | undefined)[] = [];
    for (let row = 0; row < Object.values(feeds)[0].dims[0]; row++)
      answers.push(await session.run(sliceTensors(feeds, row, row + 1), names).catch(() => undefined));
    return digestOf(answers);
  }
};

/** @throws BAD_MODEL for a graph that is ONNX Runtime's */
export const digestOfGraph = async (file: Uint8Array, rows: number): Promise<string> => {
  const session = await openTrees(file);
  return digestOfRows(session, feedsOf(session.inputs, poolsOf(readOnnx(file)), rows, 0));
};

export const readTreeFile = (file: Uint8Array): TreeFile => {
  const format = [xgboost, lightgbm, catboost].find(({ matches }) => matches(file));
  if (format === undefined) throw new Error('no library saves such a file');
  return format.read(file);
};

/** Thresholds and categories of a file's trees, and what stands beside them. */
export const poolsOfTrees = ({ sums }: TreeFile): Pools => {
  const numbers = new Set<number>([0, 1, -1]);
  if (sums.of !== 'linear model') {
    const { tests, values, sets } = sums.ensemble;
    for (const [node, test] of tests.entries())
      if ((test & 7) !== LEAF && (test & 7) !== MEMBER) for (const one of neighbours(values[node])) numbers.add(one);
    for (const set of sets?.values() ?? []) for (const one of Array.from(set)) numbers.add(one).add(one + 0.5);
  }
  return { numbers: [...numbers], integers: [0], texts: [], byInput: new Map() };
};

export const digestOfTreeFile = async (file: Uint8Array, rows: number): Promise<string> => {
  const read = readTreeFile(file);
  const session = openTreeFile(read);
  return digestOfRows(session, feedsOf(session.inputs, poolsOfTrees(read), rows, 0));
};
