/** A project with one batch deployment of the benchmark's model, in a folder; `node batch-project.ts <folder> [seconds]` runs it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { createApp } from '../src/app.ts';
import type { Summary } from '../src/modes/batch/types.ts';

export const modelFolder = join(import.meta.dirname, 'models', 'trees-100x6');

export interface BatchProject {
  readonly source: Readonly<Record<string, unknown>>;
  readonly sink: Readonly<Record<string, unknown>>;
  readonly connections?: Readonly<Record<string, string>>;
  readonly workers?: number;
}

/** Writes `millrace.yaml`. */
export const writeProject = (folder: string, { connections = {}, ...settings }: BatchProject): Promise<void> =>
  writeFile(
    join(folder, 'millrace.yaml'),
    stringify({ connections, deployments: { scores: { mode: 'batch', model: modelFolder, ...settings } } }),
  );

/** One run of it, which replaces the one before. */
export const runProject = async (folder: string): Promise<Summary> => {
  const app = createApp({ cwd: folder, env: { HOME: folder } });
  try {
    const outcome = await (await app.batch()).run({
      deployment: 'scores',
      force: true,
      signal: new AbortController().signal,
    });
    if (outcome.what !== 'finished') throw new Error('a forced run is never found done');
    return outcome.summary;
  } finally {
    await app.close();
  }
};

if (import.meta.main) {
  const [, , folder = '.', what] = process.argv;
  await runProject(folder);
  const { user, system } = process.cpuUsage();
  process.stdout.write(`${what === 'seconds' ? (user + system) / 1e6 : process.resourceUsage().maxRSS * 1024}`);
}
