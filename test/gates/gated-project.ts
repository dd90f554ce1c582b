/** A project whose environments have gates, with versions of one model that differ in a known way. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createApp } from '../../src/app.ts';
import type { Prediction } from '../../src/monitor/records/records.ts';
import { runCli } from '../run-cli.ts';
import { buildOnnx } from '../runtimes/onnx-builder.ts';
import { tempFolder } from '../temp-folder.ts';

export interface MadeVersion {
  readonly version: string;
  /** Minutes a mile: 2 unless given. */
  readonly times?: 2 | 3 | 4;
  /** Of the inputs, as YAML in flow style; a distance unless given. */
  readonly inputs?: string;
  readonly outputs?: string;
  /** Other settings of model.yaml. */
  readonly more?: string;
  /** What the examples want; twice the distance, which is right for `times: 2`, unless given. None for `[]`. */
  readonly examples?: readonly { readonly input: object; readonly output: object }[];
  readonly who?: string;
}

const INPUTS = '{ distance: { kind: number, unit: mile, min: 0 }, zone: { kind: category } }';
const OUTPUTS = '{ minutes: { kind: number, unit: minute, from: y } }';

const graph = (times: number): Uint8Array =>
  buildOnnx({
    inputs: [{ name: 'x', dims: ['rows', 1] }],
    outputs: [{ name: 'y', dims: ['rows', 1] }],
    nodes: Array.from({ length: times - 1 }, (_, at) => ({
      op: 'Add',
      inputs: [at === 0 ? 'x' : `s${at}`, 'x'],
      outputs: [at === times - 2 ? 'y' : `s${at + 1}`],
    })),
  });

export const modelYaml = ({
  version,
  inputs = INPUTS,
  outputs = OUTPUTS,
  more = '',
}: MadeVersion): string => `name: ride
version: ${version}
description: Minutes of a ride
license: Apache-2.0
model: model.onnx
inputs: ${inputs}
outputs: ${outputs}
prepare: [{ concat: { fields: [distance], as: x, dtype: float32 } }]
${more}
`;

/** `environments` is what stands under that key. */
export const gatedProject = async (t: TestContext, environments: string, versions: readonly MadeVersion[]) => {
  const cwd = tempFolder(t);
  writeFileSync(join(cwd, 'millrace.yaml'), `environments:\n${environments}\n`);
  const millrace = (...words: readonly string[]) => runCli(words, { cwd, env: { MILLRACE_WHO: 'ada' } });
  const ok = async (...words: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await millrace(...words);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  for (const one of versions) {
    const folder = join(cwd, one.version);
    mkdirSync(folder);
    const { times = 2, examples = [{ input: { distance: 4, zone: 'a' }, output: { minutes: 4 * times } }] } = one;
    writeFileSync(join(folder, 'model.onnx'), graph(times));
    const settings = examples.length === 0 ? one : { ...one, more: `${one.more ?? ''}\nexamples: examples.json` };
    writeFileSync(join(folder, 'model.yaml'), modelYaml(settings));
    if (examples.length > 0) writeFileSync(join(folder, 'examples.json'), JSON.stringify(examples));
    await ok('pack', folder);
  }
  const app = () => createApp({ cwd, env: { HOME: cwd, MILLRACE_WHO: 'ada' } });
  /** Rows as they would have been recorded. */
  const record = async (rows: readonly object[]): Promise<void> => {
    const opened = app();
    const { digest } = await opened.open(`ride@${versions[0].version}`);
    const predictions = rows.map((row, at): Prediction => {
      const [id, input] = [`row-${at}`, JSON.stringify(row)];
      const when = new Date(Date.UTC(2026, 10, 1) + at).toISOString();
      const served = { deployment: 'rides', model: 'ride', version: versions[0].version, digest, variant: 'stable' };
      return { ...served, id, at: when, input, coerced: false, output: '{"minutes":1}', ms: 1 };
    });
    await (await opened.records()).append(predictions);
    await opened.close();
  };
  return { cwd, millrace, ok, app, record };
};

/** So many rides, with zones in turn. */
export const rides = (count: number): readonly { readonly distance: number; readonly zone: string }[] =>
  Array.from({ length: count }, (_, at) => ({ distance: (at % 17) + 0.5, zone: ['north', 'south', 'east'][at % 3] }));
