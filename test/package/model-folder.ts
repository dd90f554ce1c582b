import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { readTable } from '../../src/files/index.ts';
import { loadScorer } from '../../src/package/open.ts';
import { type Packed, packFolder } from '../../src/package/pack.ts';
import { openOnnxNode } from '../../src/runtimes/onnx.node.ts';
import { buildOnnx } from '../runtimes/onnx-builder.ts';
import { tempFolder } from '../temp-folder.ts';

export type Files = Readonly<Record<string, string | Uint8Array | null>>;

/** y = 2 × x, two numbers a row: exact on every machine. */
export const doubling = buildOnnx({
  inputs: [{ name: 'x', dims: ['rows', 2] }],
  outputs: [{ name: 'y', dims: ['rows', 2] }],
  nodes: [{ op: 'Add', inputs: ['x', 'x'], outputs: ['y'] }],
});

export const modelYaml = `name: doubling
version: 1.0.0
description: Twice the distance and the hour
license: Apache-2.0
model: model.onnx
inputs:
  distance: { kind: number, unit: mile, min: 0, max: 100 }
  pickup: { kind: datetime, zone: America/New_York }
  payment: { kind: category, labels: [cash, card], nullable: true }
outputs:
  distance_twice: { kind: number, unit: mile, from: y, at: 0 }
  hour_twice: { kind: integer, from: y, at: 1 }
  label: { kind: text }
prepare:
  - hour: { of: pickup, as: hour }
  - concat: { fields: [miles, hour], as: x, dtype: float32 }
transform: transform.ts
examples: examples.json
reference: reference.csv
tolerance: { atol: 0, rtol: 0 }
metadata: { city: New York, zones: 2 }
provenance: { trainer: by hand, metrics: { mae: 0.5, rows: 3 } }
`;

const examples = [
  {
    input: { distance: 3.5, pickup: '2024-03-01T17:30', payment: 'cash' },
    output: { distance_twice: 7, hour_twice: 34, label: 'cash 3.5' },
  },
  {
    input: { distance: 0, pickup: '2024-07-01T04:30:00Z', payment: null },
    output: { distance_twice: 0, hour_twice: 0, label: 'none 0' },
    note: 'no payment',
  },
];

export const files: Files = {
  'model.yaml': modelYaml,
  'model.onnx': doubling,
  'transform.ts': `import { shown } from 'shown';
export const prepare = (row: { distance: number }) => ({ miles: row.distance });
export const finish = (_: object, row: { distance: number; payment: string | null }) => ({ label: shown(row) });
`,
  'examples.json': JSON.stringify(examples, null, 2),
  'reference.csv':
    'distance,pickup,payment\n1.5,2024-03-01T08:00,cash\n2.5,2024-03-01T09:00,\n4,2024-03-02T10:00,card\n',
  'node_modules/shown/package.json': '{"name":"shown","version":"1.0.0","main":"index.js"}',
  'node_modules/shown/index.js': "exports.shown = (row) => (row.payment || 'none') + ' ' + row.distance;\n",
};

/** Writes a model's folder, with some files changed (null leaves one out). */
export const writeModel = (folder: string, changes: Files = {}): string => {
  for (const [path, content] of Object.entries({ ...files, ...changes })) {
    if (content === null) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
};
export const modelFolder = (t: TestContext, changes: Files = {}): string => writeModel(tempFolder(t), changes);

export const packed = (folder: string): Promise<Packed> =>
  packFolder(folder, {
    load: (draft) => loadScorer(draft, openOnnxNode),
    async *readReference(path) {
      for await (const { columns } of readTable(path)) yield { columns, coerce: path.endsWith('.csv') };
    },
  });

/** model.yaml with one text in place of another, which must be in it. */
export const yamlWith = (from: string, to: string): Files => {
  if (!modelYaml.includes(from)) throw new Error(`model.yaml has no ${from}`);
  return { 'model.yaml': modelYaml.replace(from, to) };
};
