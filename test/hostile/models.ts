/**
 * Models that would end or hold up the process that runs them, by hand. Each takes one number, `x`, answers `y`, twice
 * of it, and does its worst with every `x` above 5. They are opened without being packed, as packing would refuse some.
 */
import type { Example, Manifest } from '../../src/core/types.ts';
import { makePackage, type Package } from '../../src/package/layout.ts';
import { buildOnnx } from '../runtimes/onnx-builder.ts';

/** y = 2 × x, any number of rows. */
const doubling = buildOnnx({
  inputs: [{ name: 'x', dims: ['rows', 1] }],
  outputs: [{ name: 'y', dims: ['rows', 1] }],
  nodes: [{ op: 'Add', inputs: ['x', 'x'], outputs: ['y'] }],
});

/** The best of no columns at all, where x is above 5: a division by zero inside ONNX Runtime (SIGFPE). */
const crashing = buildOnnx({
  inputs: [{ name: 'x', dims: [1, 1] }],
  outputs: [{ name: 'y', dims: [1, 1] }],
  constants: [
    { name: 'five', dims: [], data: Float32Array.of(5) },
    { name: 'flat', dims: [1], data: BigInt64Array.of(-1n) },
    { name: 'one', dims: [1], data: BigInt64Array.of(1n) },
  ],
  nodes: [
    { op: 'Reshape', inputs: ['x', 'flat'], outputs: ['column'] },
    { op: 'LessOrEqual', inputs: ['column', 'five'], outputs: ['kept'] },
    { op: 'Compress', inputs: ['x', 'kept'], outputs: ['rows'], attributes: { axis: 0n } },
    { op: 'TopK', inputs: ['rows', 'one'], outputs: ['best', 'places'], attributes: { axis: 1n } },
    { op: 'Add', inputs: ['best', 'best'], outputs: ['y'] },
  ],
});

/** A Loop of 2^62 turns where x is above 5, and of none elsewhere. */
const looping = buildOnnx({
  inputs: [{ name: 'x', dims: [1, 1] }],
  outputs: [{ name: 'y', dims: [1, 1] }],
  constants: [
    { name: 'five', dims: [], data: Float32Array.of(5) },
    { name: 'scalar', dims: [0], data: new BigInt64Array(0) },
    { name: 'turns', dims: [], data: BigInt64Array.of(2n ** 62n) },
  ],
  nodes: [
    { op: 'Greater', inputs: ['x', 'five'], outputs: ['above'] },
    { op: 'Reshape', inputs: ['above', 'scalar'], outputs: ['begin'] },
    { op: 'Add', inputs: ['x', 'x'], outputs: ['twice'] },
    {
      op: 'Loop',
      inputs: ['turns', 'begin', 'twice'],
      outputs: ['y'],
      attributes: {
        body: {
          graph: {
            inputs: [
              { name: 'turn', dtype: 'int64', dims: [] },
              { name: 'on', dtype: 'bool', dims: [] },
              { name: 'value', dims: [1, 1] },
            ],
            outputs: [
              { name: 'goes', dtype: 'bool', dims: [] },
              { name: 'same', dims: [1, 1] },
            ],
            nodes: [
              { op: 'Identity', inputs: ['on'], outputs: ['goes'] },
              { op: 'Identity', inputs: ['value'], outputs: ['same'] },
            ],
          },
        },
      },
    },
  ],
});

/** A transform that does this with a row whose x is above 5. */
const transform = (deed: string): string =>
  `export const prepare = (row) => {\n  if (row.x > 5) {\n    ${deed}\n  }\n  return { x: row.x };\n};\n`;

/** What a model does with an x above 5, and the file that does it. */
export const deeds = {
  none: { model: doubling },
  'crashes natively': { model: crashing },
  'loops in the graph': { model: looping },
  'loops in the transform': { model: doubling, transform: transform('for (;;);') },
  'takes memory without end': {
    model: doubling,
    transform: transform('for (const all = []; ; ) all.push(new Uint8Array(2 ** 24).fill(1));'),
  },
  'takes the heap without end': {
    model: doubling,
    transform: transform('for (const all = [{}]; ; ) all.push([...all]);'),
  },
  'ends its process': { model: doubling, transform: transform('process.exit(0);') },
  'kills its process': { model: doubling, transform: transform("process.kill(process.pid, 'SIGKILL');") },
  aborts: { model: doubling, transform: transform('process.abort();') },
  'hangs up': { model: doubling, transform: transform('process.disconnect();') },
  'throws behind its answer': {
    model: doubling,
    transform: transform("setTimeout(() => { throw new Error('later'); });"),
  },
  'leaves a rejection behind': { model: doubling, transform: transform("Promise.reject(new Error('nobody'));") },
  'answers in its scorer’s name': {
    model: doubling,
    transform: transform('process.send(null); process.send({ answers: [] }); process.send({ call: 0, problem: {} });'),
  },
  'calls itself without end': { model: doubling, transform: transform('const f = () => f() + 1; f();') },
} as const;

export type Deed = keyof typeof deeds;

export interface Made {
  readonly name?: string;
  readonly version?: string;
  readonly examples?: readonly Example[];
  /** In the place of what the deed has. */
  readonly model?: Uint8Array;
  readonly transform?: string;
}

/** The package of a model that does this. */
export const packageOf = async (
  deed: Deed,
  { name = 'hostile', version = '1.0.0', examples, ...changes }: Made = {},
): Promise<Package> => {
  const { model, ...rest }: { model: Uint8Array; transform?: string } = { ...deeds[deed], ...changes };
  const manifest: Manifest = {
    name,
    version,
    runtime: 'onnx',
    inputs: { x: { kind: 'number' } },
    outputs: { y: { kind: 'number' } },
  } as Manifest;
  const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  return makePackage(
    new Map([
      ['model.json', encode(manifest)],
      ['model.onnx', model],
      ...(rest.transform === undefined ? [] : [['transform.js', new TextEncoder().encode(rest.transform)] as const]),
      ...(examples ? [['examples.json', encode(examples)] as const] : []),
    ]),
  );
};
