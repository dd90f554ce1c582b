/** Lines of a shell as the pages have them, run by a shell, with the programs that the pages expect. */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import type { Block } from './pages.ts';
import type { Way } from './way.ts';

const BLOCK_MS = 120_000;
const MILLRACE = join(import.meta.dirname, '../../bin/millrace.js');

/** Other files that pages speak of. */
const FILES = `gzip -k model.onnx
python -m zipfile -c model.zip model.onnx
millrace init churn.onnx && millrace pack . --no-register -o churn.tar
rm model.yaml`;

export interface Shell {
  /** @throws with what was said, where a line fails */
  run(block: Block, folder: string): void;
  /** Makes the folder with all that lines of the pages are about, of a way that was gone. */
  begin(way: Way): void;
  /** Runs lines in a copy of that folder. @throws as `run` */
  runApart(block: Block): void;
}

/** A service runs until it is stopped: its line is run in the background until it says that it is ready. */
const stoppingServices = (code: string): string =>
  code.replace(
    /^(npx millrace serve \S+).*$/m,
    `$1 > served.txt & served=$!
for i in $(seq 600); do grep -q '^ready on' served.txt && break; sleep 0.1; done
kill $served; grep '^ready on' served.txt`,
  );

/** `npx millrace` in this checkout, and `millrace` where it is installed. */
const installPrograms = (folder: string): void => {
  mkdirSync(folder);
  for (const [name, line] of [
    ['npx', 'exec "$@"'],
    ['millrace', `exec '${process.execPath}' '${MILLRACE}' "$@"`],
  ]) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${line}\n`);
    chmodSync(join(folder, name), 0o755);
  }
};

/** @param python whose folder comes first on the PATH */
export const createShell = (home: string, python: string): Shell => {
  const programs = join(home, 'programs');
  installPrograms(programs);
  const folder = join(home, 'pages');
  const run = ({ code }: Pick<Block, 'code'>, cwd: string): void => {
    const env = {
      ...process.env,
      PATH: [programs, dirname(python), process.env.PATH].join(delimiter),
      MILLRACE_HOME: join(home, 'pages-home'),
      PORT: '0',
      ADDRESS: `file://${join(folder, 'original.onnx')}`,
    };
    const words = ['-euo', 'pipefail', '-c', stoppingServices(code)];
    const { status, stdout, stderr } = spawnSync('bash', words, { cwd, env, encoding: 'utf8', timeout: BLOCK_MS });
    if (status !== 0) throw new Error(`${stdout}${stderr}`.trim().slice(-500));
  };
  const begin = (way: Way): void => {
    mkdirSync(folder);
    const model = join(way.folder, way.file ?? '');
    for (const name of ['churn.onnx', 'model.onnx', 'original.onnx']) cpSync(model, join(folder, name));
    cpSync(join(way.folder, 'model.pkl'), join(folder, 'model.pkl'));
    for (const name of ['customers.csv', 'held-out.csv', 'rows.csv'])
      cpSync(join(way.folder, 'customers.csv'), join(folder, name));
    run({ code: FILES }, folder);
  };
  const runApart = (block: Block): void => {
    const apart = `${folder}-apart`;
    rmSync(apart, { recursive: true, force: true });
    cpSync(folder, apart, { recursive: true });
    // What is unpacked is not there yet.
    if (block.code.startsWith('gunzip ')) rmSync(join(apart, 'model.onnx'));
    const code = block.language === 'python' ? `python - <<'END'\n${block.code}\nEND` : block.code;
    run({ code }, apart);
  };
  return { run, begin, runApart };
};
