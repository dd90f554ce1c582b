/** What lies beside a file that runs made: which runs, and what of. */
import { readFile, stat } from 'node:fs/promises';
import { atomicWrite } from '../../files/atomic-file.ts';
import type { SinkRunInfo } from '../sink.ts';

/** `<file>.manifest.json`. */
export interface FileManifest extends Omit<SinkRunInfo, 'id'> {
  readonly status: 'complete';
  readonly rows: number;
  /** Of the file when it was made, in bytes. */
  readonly size?: number;
  readonly key: readonly string[];
  /** The run that made the file, and those that added to it. */
  readonly runs: readonly string[];
  readonly at: string;
}

const manifestOf = (path: string): string => `${path}.manifest.json`;

export const writeJson = (path: string, value: unknown): Promise<void> =>
  atomicWrite(path, `${JSON.stringify(value, null, 2)}\n`);

/** Undefined when there is no such file. */
export const readJson = async <T>(path: string): Promise<T | undefined> => {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : (JSON.parse(text) as T);
};

export const readManifest = (path: string): Promise<FileManifest | undefined> => readJson(manifestOf(path));

/** Says of the file at `path` that it is whole, and what runs made it. */
export const writeManifest = async (
  path: string,
  run: SinkRunInfo,
  {
    rows,
    key,
    before,
  }: { readonly rows: number; readonly key: readonly string[]; readonly before: FileManifest | undefined },
): Promise<void> => {
  const { id, ...info } = run;
  const manifest: FileManifest = {
    status: 'complete',
    ...info,
    rows: rows + (before?.rows ?? 0),
    size: (await stat(path)).size,
    key,
    runs: [...(before?.runs ?? []), id],
    at: new Date().toISOString(),
  };
  await writeJson(manifestOf(path), manifest);
};

/** Whose work the file at `path` is that is not to be lost, in words; undefined for the deployment's own, and for no file. */
export const strangerOf = async (path: string, deployment: string): Promise<string | undefined> => {
  const [there, manifest] = await Promise.all([
    stat(path).catch(() => undefined),
    readManifest(path).catch(() => 'not ours' as const),
  ]);
  if (manifest === 'not ours' || (manifest && !Array.isArray(manifest.runs))) return 'a manifest that is not of a run';
  if (there === undefined) return undefined;
  if (manifest === undefined) return 'a file that no run made';
  if (manifest.deployment !== deployment) return `a file of the deployment ${manifest.deployment}`;
  return (manifest.size ?? there.size) === there.size ? undefined : 'a file that was changed since';
};
