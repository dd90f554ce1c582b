/** TreeEnsemble of ai.onnx.ml 5, where ONNX Runtime is no measure: sets of any numbers, and trees that are damaged. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { openTabular } from '../../../src/runtimes/trees/open-tabular.ts';
import { Unusual } from '../../../src/runtimes/trees/unusual.ts';
import type { Attribute } from '../onnx-builder.ts';
import { graphOf, of, on } from './operator-case.ts';
import { treesOf } from './tree-ensemble-cases.ts';

const folder = join(import.meta.dirname, '..', '..', 'fixtures', 'members');
const numberOf = (text: string): number => (/inf/.test(text) ? Number(text.replace('inf', 'Infinity')) : Number(text));

describe('a set of any numbers has its members, as for the reference evaluator of ONNX', () => {
  for (const dtype of ['float32', 'float64'] as const)
    test(dtype, async () => {
      const own = openTabular(readFileSync(join(folder, `${dtype}.onnx`)));
      assert.ok(!(own instanceof Unusual), own instanceof Unusual ? own.message : '');
      const { rows, answers } = JSON.parse(readFileSync(join(folder, `${dtype}.json`), 'utf8')) as {
        rows: readonly (readonly string[])[];
        answers: readonly number[];
      };
      const numbers = rows.flat().map(numberOf);
      const data = dtype === 'float32' ? Float32Array.from(numbers) : Float64Array.from(numbers);
      const { y } = await own.run({ x: { dtype, dims: [rows.length, 2], data } }, ['y']);
      assert.equal(y.dtype, dtype);
      assert.deepEqual([...(y.data as Float64Array)], answers);
      assert.ok(new Set(answers).size > 20);
    });
});

/** x0 <= 0 ? 1 : 2, with some of it changed. */
const stump = (changes: Readonly<Record<string, Attribute>>): Uint8Array => {
  const numbers = (...values: number[]): Attribute => ({
    tensor: { name: '', dims: [values.length], data: Float32Array.from(values) },
  });
  const attributes: Readonly<Record<string, Attribute>> = {
    n_targets: 1n,
    tree_roots: [0n],
    nodes_featureids: [0n],
    nodes_modes: { tensor: { name: '', dims: [1], data: Uint8Array.of(0), dtype: 'uint8' } },
    nodes_splits: numbers(0),
    nodes_truenodeids: [0n],
    nodes_trueleafs: [1n],
    nodes_falsenodeids: [1n],
    nodes_falseleafs: [1n],
    leaf_targetids: [0n, 0n],
    leaf_weights: numbers(1, 2),
  };
  return graphOf({
    ...of('TreeEnsemble', { ...attributes, ...changes }, on('float32', [1]), on('float32', [1])),
    opsets: { 'ai.onnx.ml': 5 },
  });
};
const bytes = (...modes: number[]): Attribute => ({
  tensor: { name: '', dims: [modes.length], data: Uint8Array.from(modes), dtype: 'uint8' },
});

const refused: Readonly<Record<string, Readonly<Record<string, Attribute>>>> = {
  'lead back to themselves': { nodes_falseleafs: [0n], nodes_falsenodeids: [0n] },
  'lead to a leaf that is not there': { nodes_falsenodeids: [2n] },
  'lead to a node that is not there': { nodes_trueleafs: [0n], nodes_truenodeids: [1n] },
  'lead to a node before the first': { nodes_truenodeids: [-1n] },
  'have a root that is not there': { tree_roots: [1n] },
  'are none': { tree_roots: [] },
  'test a feature before the first': { nodes_featureids: [-1n] },
  'have a leaf for a target that is not there': { leaf_targetids: [0n, 1n] },
  'have a leaf without a target': { leaf_targetids: [0n] },
  'have a node without a mode': { nodes_modes: bytes() },
  'ask for a set that is not there': { nodes_modes: bytes(6) },
};

describe('trees of ai.onnx.ml 5 are refused that', () => {
  for (const [what, changes] of Object.entries(refused))
    test(what, () => assert.throws(() => openTabular(stump(changes)), { code: 'BAD_MODEL' }));
});

describe('trees of ai.onnx.ml 5 are left to ONNX Runtime', () => {
  const mixed = { targets: 3, mixed: true } as const;
  for (const [what, file, reason] of [
    ['of an unknown mode', stump({ nodes_modes: bytes(7) }), /another mode/],
    ['with an unknown aggregate', stump({ aggregate_function: 4n }), /aggregate_function 4/],
    ['with an unknown post transform', stump({ post_transform: 5n }), /post_transform 5/],
    ['for no target', stump({ n_targets: 0n }), /0 targets/],
    ['that share nodes', stump({ tree_roots: [0n, 0n] }), /share nodes/],
    ['with a feature beyond the row', stump({ nodes_featureids: [1n] }), /feature 1 of 1/],
    [
      'with the least of leaves for several targets',
      graphOf({
        ...of('TreeEnsemble', treesOf({ ...mixed, attributes: { aggregate_function: 2n } }, 1), on('float32', [3])),
        opsets: { 'ai.onnx.ml': 5 },
      }),
      /MIN of targets without a weight/,
    ],
    [
      'of float64 for rows of float32',
      graphOf({ ...of('TreeEnsemble', treesOf({ wide: true }, 1), on('float32', [1])), opsets: { 'ai.onnx.ml': 5 } }),
      /as float64 for float32 rows/,
    ],
  ] as const)
    test(what, () => {
      const own = openTabular(file);
      assert.ok(own instanceof Unusual && reason.test(own.message), own instanceof Unusual ? own.message : 'opened');
    });
});
