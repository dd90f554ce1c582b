/** Python with packages from PyPI, for checks that hold Millrace against programs of others. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

const findPython = (check: string): string => {
  const candidates = [process.env.PYTHON, 'python3', 'python'].filter((name) => name !== undefined && name !== '');
  for (const name of candidates as string[]) {
    const { status } = spawnSync(name, ['-c', 'import sys, venv; sys.exit(sys.version_info < (3, 10))']);
    if (status === 0) return name;
  }
  throw new Error(`${check} needs Python 3.10 or later with venv, on PATH or named by PYTHON; none was found.`);
};

/**
 * The path of a Python that has what `requirements` lists: an environment below `.cache`, made once for each change of that
 * file and of Python.
 *
 * @param check who asks, as `check:clients`
 */
export const pythonWith = (requirements: string, check: string): string => {
  const python = findPython(check);
  const version = spawnSync(python, ['-c', 'import sys; print(sys.version)']).stdout.toString();
  const key = createHash('sha256').update(readFileSync(requirements)).update(version).digest('hex').slice(0, 12);
  const folder = join(root, '.cache', `${check.replace('check:', '')}-${key}`);
  const binary = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const marker = join(folder, 'complete');
  if (existsSync(marker)) return binary;
  process.stdout.write(`installing what ${check} needs from PyPI\n`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [command, words] of [
    [python, ['-m', 'venv', folder]],
    [binary, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements]],
  ] as const) {
    const { status } = spawnSync(command, words, { stdio: 'inherit' });
    if (status !== 0) throw new Error(`${check}: '${words.slice(0, 3).join(' ')}' failed.`);
  }
  writeFileSync(`${marker}.part`, '');
  renameSync(`${marker}.part`, marker);
  return binary;
};
