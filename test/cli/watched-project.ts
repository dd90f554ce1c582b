/** A project with a deployment that is watched, and what it was asked and has answered. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createApp } from '../../src/app.ts';
import { startCounting } from '../../src/monitor/profile/counting.ts';
import { binsOf, readReference } from '../../src/monitor/profile/reference.ts';
import { createRandom } from '../monitor/drift/random.ts';
import { runCli } from '../run-cli.ts';
import { buildOnnx } from '../runtimes/onnx-builder.ts';
import { tempFolder } from '../temp-folder.ts';

const DAY_MS = 86_400_000;
const projectWith = (react: string): string => `channels:
  file: { command: "cat >> told.json" }
deployments:
  rides: { mode: service, model: rides@production${react} }
  quiet: { mode: service, model: rides@production, monitor: false }
`;
export const modelYaml = (version: string): string => `name: rides
version: ${version}
description: Twice the distance
license: Apache-2.0
model: model.onnx
inputs: { distance: { kind: number } }
outputs: { minutes: { kind: number, from: y } }
prepare: [{ concat: { fields: [distance], as: x, dtype: float32 } }]
reference: reference.csv
`;

export interface WatchedProjectOptions {
  /** What `monitor:` says of reactions, in YAML's flow style. */
  readonly react?: string;
  /** They are promoted one after another; the last one has answered. */
  readonly versions?: readonly string[];
}

/** A project whose deployment was asked for rides that are longer by this, in each of the last days. */
export const watchedProject = async (
  t: TestContext,
  longer: readonly number[],
  { react, versions = ['1.0.0'] }: WatchedProjectOptions = {},
) => {
  const random = createRandom(5);
  const distances = (rows: number, by: number): Float64Array =>
    Float64Array.from({ length: rows }, () => random.normal() + by);
  const cwd = tempFolder(t);
  const reacting = react === undefined ? '' : `, monitor: { react: ${react} }`;
  writeFileSync(join(cwd, 'millrace.yaml'), projectWith(reacting));
  writeFileSync(join(cwd, 'reference.csv'), `distance\n${[...distances(3000, 0)].join('\n')}\n`);
  const onnx = buildOnnx({
    inputs: [{ name: 'x', dims: ['rows', 1] }],
    outputs: [{ name: 'y', dims: ['rows', 1] }],
    nodes: [{ op: 'Add', inputs: ['x', 'x'], outputs: ['y'] }],
  });
  writeFileSync(join(cwd, 'model.onnx'), onnx);
  for (const version of versions) {
    writeFileSync(join(cwd, 'model.yaml'), modelYaml(version));
    const packed = await runCli(['pack', '.'], { cwd });
    assert.equal(packed.code, 0, packed.stderr);
    assert.equal((await runCli(['promote', `rides@${version}`, '--to', 'production'], { cwd })).code, 0);
  }

  const app = createApp({ cwd, env: { HOME: cwd } });
  const { digest, manifest, files } = await app.open('rides@production');
  const reference = readReference(files.get('profile.json'));
  const today = Date.now() - (Date.now() % DAY_MS);
  const spans = longer.map((by, index) => {
    const inputs = startCounting(manifest.inputs, binsOf(manifest.inputs, reference?.inputs, {}));
    const outputs = startCounting(manifest.outputs, binsOf(manifest.outputs, reference?.outputs, {}));
    const distance = distances(1000, by);
    inputs.add({ distance });
    outputs.add({ minutes: distance.map((miles) => 2 * Math.fround(miles)) });
    const at = new Date(today - (longer.length - index) * DAY_MS + 3_600_000).toISOString();
    const served = { deployment: 'rides', model: 'rides', version: manifest.version, digest, variant: 'stable' };
    return { ...served, at, rows: 1000, refused: 0, inputs: inputs.profile(), outputs: outputs.profile() };
  });
  await (await app.profiles()).add(spans);
  await app.close();
  const millrace = (...words: readonly string[]) => runCli(words, { cwd });
  return { cwd, millrace, run: (...words: readonly string[]) => millrace('monitor', ...words) };
};
