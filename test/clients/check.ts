/**
 * Unmodified clients of others against a service: Triton's and KServe's Python clients, and what MLflow's send. Needs
 * Python; the clients come from PyPI into an environment below `.cache`, once for each change of requirements.txt.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createApp } from '../../src/app.ts';
import { toleranceOf } from '../../src/package/golden.ts';

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

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const end = (text: string): never => {
  process.stderr.write(`${text}\n`);
  process.exit(1);
};

const findPython = (): string => {
  const candidates = [process.env.PYTHON, 'python3', 'python'].filter((name) => name !== undefined && name !== '');
  for (const name of candidates as string[]) {
    const { status } = spawnSync(name, ['-c', 'import sys, venv; sys.exit(sys.version_info < (3, 10))']);
    if (status === 0) return name;
  }
  return end('check:clients needs Python 3.10 or later with venv, on PATH or named by PYTHON; none was found.');
};

/** The Python of an environment that has the clients. */
const preparePython = (): string => {
  const requirements = join(import.meta.dirname, 'requirements.txt');
  const python = findPython();
  const version = spawnSync(python, ['-c', 'import sys; print(sys.version)']).stdout.toString();
  const key = createHash('sha256').update(readFileSync(requirements)).update(version).digest('hex').slice(0, 12);
  const folder = join(root, '.cache', `clients-${key}`);
  const binary = (at: string) => join(at, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const marker = join(folder, 'complete');
  if (existsSync(marker)) return binary(folder);
  say('installing the clients from PyPI');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [command, words] of [
    [python, ['-m', 'venv', folder]],
    [binary(folder), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements]],
  ] as const) {
    const { status } = spawnSync(command, words, { stdio: 'inherit' });
    if (status !== 0) end(`check:clients: '${words.slice(0, 3).join(' ')}' failed.`);
  }
  writeFileSync(`${marker}.part`, '');
  renameSync(`${marker}.part`, marker);
  return binary(folder);
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

const python = preparePython();
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
