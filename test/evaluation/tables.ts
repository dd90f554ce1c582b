/** Models that answer with a column of their input, and tables of what came true beside it. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createApp } from '../../src/app.ts';
import { buildOnnx } from '../runtimes/onnx-builder.ts';
import { tempFolder } from '../temp-folder.ts';

/** Its outputs are its inputs, in float32. */
const passing = (columns: number): Uint8Array =>
  buildOnnx({
    inputs: [{ name: 'x', dims: ['rows', columns] }],
    outputs: [{ name: 'y', dims: ['rows', columns] }],
    nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
  });

interface Passing {
  readonly name: string;
  readonly version?: string;
  /** One a column of the graph, in YAML. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
}

/** Writes a model's folder; answers its path. */
export const passingModel = (folder: string, { name, version = '1.0.0', inputs, outputs }: Passing): string => {
  const columns = Object.keys(inputs);
  const path = join(folder, `${name}-${version}`);
  mkdirSync(path);
  writeFileSync(join(path, 'model.onnx'), passing(columns.length));
  const fields = (all: Readonly<Record<string, string>>) =>
    Object.entries(all).map(([field, settings]) => `  ${field}: { ${settings} }\n`);
  writeFileSync(
    join(path, 'model.yaml'),
    `name: ${name}\nversion: ${version}\nmodel: model.onnx\ninputs:\n${fields(inputs).join('')}outputs:\n${fields(outputs).join('')}prepare:\n  - concat: { fields: [${columns.join(', ')}], as: x, dtype: float32 }\n`,
  );
  return path;
};

export const writeTable = (
  folder: string,
  name: string,
  rows: readonly Readonly<Record<string, unknown>>[],
): string => {
  const path = join(folder, name);
  const heads = Object.keys(rows[0]);
  const lines = [heads.join(','), ...rows.map((row) => heads.map((head) => row[head] ?? '').join(','))];
  writeFileSync(
    path,
    name.endsWith('.ndjson') ? rows.map((row) => JSON.stringify(row)).join('\n') : `${lines.join('\n')}\n`,
  );
  return path;
};

export const appIn = (t: TestContext) => {
  const folder = tempFolder(t);
  const app = createApp({ cwd: folder, env: { HOME: folder, MILLRACE_HOME: join(folder, 'home') } });
  t.after(() => app.close());
  return { app, folder };
};

export const example = (folder: string, name: string): string => {
  const from = join(import.meta.dirname, '..', '..', 'examples', name);
  const to = join(folder, name);
  cpSync(from, to, { recursive: true });
  return to;
};
