/** Versions of a small model for rollouts: y is x and a number that tells the version; what else one does is said by its transform. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { App } from '../../../src/app.ts';
import { buildOnnx } from '../../runtimes/onnx-builder.ts';

const same = buildOnnx({
  inputs: [{ name: 'x', dims: ['rows', 1] }],
  outputs: [{ name: 'y', dims: ['rows', 1] }],
  nodes: [{ op: 'Add', inputs: ['x', 'x'], outputs: ['y'] }],
});

/** A candidate of other code. */
export interface RolledModel {
  readonly version: string;
  /** `finish` of the transform; none unless given, and then y is twice x. */
  readonly finish?: string;
}

/** Registers a version of `model`, whose row is `{ x, … }`. */
export const registerRolled = async (app: App, { version, finish }: RolledModel): Promise<string> => {
  const folder = join(app.cwd, `model-${version}`);
  mkdirSync(folder);
  const yaml = `name: model
version: ${version}
description: Twice a number
model: model.onnx
inputs:
  x: { kind: number }
outputs:
  y: { kind: number }
prepare:
  - concat: { fields: [x], as: x, dtype: float32 }
${finish === undefined ? '' : 'transform: transform.ts\n'}`;
  writeFileSync(join(folder, 'model.yaml'), yaml);
  writeFileSync(join(folder, 'model.onnx'), same);
  if (finish !== undefined) {
    writeFileSync(
      join(folder, 'transform.ts'),
      `export const finish = (output: { y: number }, row: { x: number }) => { ${finish} };\n`,
    );
  }
  const { package: packed } = await app.pack(folder);
  await (await app.registry()).register(packed);
  return packed.digest;
};
