/**
 * Unmodified clients of others against a service: Triton's and KServe's Python clients, and what MLflow's send. Needs
 * Python; the clients come from PyPI into an environment below `.cache`, once for each change of requirements.txt.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createApp } from '../../src/app.ts';
import { toleranceOf } from '../../src/package/golden.ts';
import { pythonWith } from '../python-packages.ts';

const root = join(import.meta.dirname, '../..');
const folders = [
  'examples/taxi/models/ride-duration',
  'examples/taxi/models/ride-fare',
  'examples/taxi/models/ride-tip',
  // Mirrors its graph: the graph's own names, types and shapes.
  'test/fixtures/models/sk-pipeline-columns',
  'test/fixtures/models/bool-and-string-out',
  'test/fixtures/models/int-inputs',
].map((folder) => join(root, folder));

const end = (text: string): never => {
  process.stderr.write(`${text}\n`);
  process.exit(1);
};

/** The golden examples of every model, and how exact answers must be. */
const goldens = async (home: string) => {
  const app = createApp({ cwd: home, env: { MILLRACE_HOME: home } });
  const models: object[] = [];
  for (const folder of folders) {
    const { manifest, examples } = await app.open(folder);
    const { name, version } = manifest;
    models.push({ name, version, ...toleranceOf(manifest), examples });
  }
  await app.close();
  return models;
};

const python = pythonWith(join(import.meta.dirname, 'requirements.txt'), 'check:clients');
const home = mkdtempSync(join(tmpdir(), 'millrace-clients-'));
const words = [
  join(root, 'bin/millrace.js'),
  'serve',
  ...folders,
  '--port',
  '0',
  '--model-control',
  '--log-level',
  'warn',
];
const service = spawn(process.execPath, words, {
  env: { ...process.env, MILLRACE_HOME: home },
  stdio: ['ignore', 'pipe', 'inherit'],
});
process.once('exit', () => {
  service.kill('SIGKILL');
  rmSync(home, { recursive: true, force: true });
});

let grpc: string | undefined;
let http: string | undefined;
for await (const line of createInterface({ input: service.stdout })) {
  grpc ??= /^gRPC on (\S+)$/.exec(line)?.[1];
  http ??= /^ready on http:\/\/([^;]+);/.exec(line)?.[1];
  if (http !== undefined) break;
}
if (http === undefined || grpc === undefined) end('check:clients: the service did not start.');

const file = join(home, 'clients.json');
writeFileSync(file, JSON.stringify({ http, grpc, models: await goldens(home) }));
const failed = ['tritonclient.http', 'tritonclient.grpc', 'kserve', 'mlflow'].filter((client) => {
  const script = [join(import.meta.dirname, 'check.py'), file, client];
  return spawnSync(python, script, { stdio: 'inherit', timeout: 300_000 }).status !== 0;
});
if (failed.length > 0) end(`check:clients: ${failed.join(', ')} failed.`);
process.exit(0);
