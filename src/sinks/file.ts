/**
 * One file. Shards are files in a hidden folder beside it, each with its entry; the entry's file is what makes a shard
 * count. Publishing joins them and gives the whole its name in one rename.
 */
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { fail } from '../core/errors.ts';
import { placeFailure } from '../databases/failures.ts';
import { atomicFile } from '../files/atomic-file.ts';
import { createTableWriter } from '../files/index.ts';
import type { Format } from '../files/table.ts';
import { joinFiles } from './join.ts';
import { checkRoom } from './room.ts';
import type { Sink, SinkEntry, SinkRun, SinkRunInfo, SinkShape } from './sink.ts';

export interface FileSinkOptions {
  /** Absolute. */
  readonly path: string;
  readonly format: Format;
  readonly csvSafe?: boolean | undefined;
  /** Where names in messages start. */
  readonly folder: string;
}

/** What lies beside the file, as `<file>.manifest.json`. */
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

const writeWhole = async (path: string, value: unknown): Promise<void> => {
  const file = await atomicFile(path);
  try {
    await writeFile(file.path, `${JSON.stringify(value, null, 2)}\n`);
    await file.commit();
  } catch (error) {
    await file.discard();
    throw error;
  }
};

const readJson = async <T>(path: string): Promise<T | undefined> => {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : (JSON.parse(text) as T);
};

/** Who made the file at `path`: this deployment, or somebody whose work is not to be lost. */
const strangerOf = async (path: string, deployment: string): Promise<string | undefined> => {
  const [there, manifest] = await Promise.all([
    stat(path).catch(() => undefined),
    readJson<FileManifest>(`${path}.manifest.json`).catch(() => 'not ours' as const),
  ]);
  if (manifest === 'not ours' || (manifest && !Array.isArray(manifest.runs))) return 'a manifest that is not of a run';
  if (there === undefined) return undefined;
  if (manifest === undefined) return 'a file that no run made';
  if (manifest.deployment !== deployment) return `a file of the deployment ${manifest.deployment}`;
  return (manifest.size ?? there.size) === there.size ? undefined : 'a file that was changed since';
};

/** The file that is about to get its name, so that whoever comes back after a crash knows whether it has. */
interface Intent {
  readonly inode: string;
}
const inodeOf = async (path: string): Promise<string | undefined> => {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found && `${found.dev}:${found.ino}`;
};

const shardName = (index: number): string => String(index).padStart(6, '0');

export const fileSink = ({ path, format, csvSafe, folder }: FileSinkOptions): Sink => {
  const name = relative(folder, path) || path;
  const place = dirname(path);
  const manifestPath = `${path}.manifest.json`;
  const stagingOf = (run: string): string => join(place, `.${basename(path)}.${run}`);
  const told = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw placeFailure(name, error);
    }
  };
  const drop = (run: string): Promise<void> =>
    told(async () => {
      if (await stat(stagingOf(run)).catch(() => undefined)) await rm(stagingOf(run), { recursive: true, force: true });
    });

  const openRun = (run: SinkRunInfo, { columns, key }: SinkShape): SinkRun => {
    const staging = stagingOf(run.id);
    const partOf = (index: number): string => join(staging, `${shardName(index)}.${format}`);
    const intentPath = join(staging, 'publishing');

    const committed = async (): Promise<ReadonlyMap<number, SinkEntry>> => {
      const names = await readdir(staging).catch(() => []);
      const found = new Map<number, SinkEntry>();
      for (const one of names.filter((file) => /^\d+\.entry$/.test(file)).sort()) {
        const entry = await readJson<SinkEntry>(join(staging, one));
        if (entry) found.set(Number.parseInt(one, 10), entry);
      }
      return found;
    };
    const isPublished = async (): Promise<boolean> =>
      (await readJson<FileManifest>(manifestPath))?.runs.includes(run.id) ?? false;

    const join_ = async (target: string, before: readonly string[]): Promise<void> => {
      const parts = [...(await committed()).keys()].map(partOf);
      const file = await atomicFile(target);
      try {
        await joinFiles(format, [...before, ...parts], columns, file.path, csvSafe);
        await writeWhole(intentPath, { inode: (await inodeOf(file.path)) ?? '' } satisfies Intent);
        await file.commit();
      } catch (error) {
        await file.discard();
        throw error;
      }
    };

    return {
      isPublished,
      committed: () => told(committed),
      shard: (index) =>
        told(async () => {
          await mkdir(staging, { recursive: true });
          const writer = await createTableWriter(partOf(index), { format, columns, csvSafe });
          return {
            write: (rows) => told(() => writer.write(rows)),
            commit: (entry) =>
              told(async () => {
                await writer.close();
                await writeWhole(join(staging, `${shardName(index)}.entry`), entry);
              }),
            abort: () => writer.abort(),
          };
        }),
      publish: (how, rows) =>
        told(async () => {
          if (await isPublished()) return drop(run.id);
          const old = how === 'add' ? await readJson<FileManifest>(manifestPath) : undefined;
          const intent = await readJson<Intent>(intentPath);
          const now = await inodeOf(path);
          if (intent === undefined || intent.inode !== now) {
            await join_(path, how === 'add' && now !== undefined ? [path] : []);
          }
          const { id, ...info } = run;
          const manifest: FileManifest = {
            status: 'complete',
            ...info,
            rows: rows + (old?.rows ?? 0),
            size: (await stat(path)).size,
            key,
            runs: [...(old?.runs ?? []), id],
            at: new Date().toISOString(),
          };
          await writeWhole(manifestPath, manifest);
          await drop(run.id);
        }),
      setAside: () =>
        told(async () => {
          const aside = `${path}.incomplete`;
          if ((await committed()).size > 0) await join_(aside, []);
          await drop(run.id);
          return `${name}.incomplete`;
        }),
    };
  };

  return {
    name,
    isTyped: format === 'parquet',
    place: { file: path },
    async check(_shape, { deployment, isForced }) {
      const there = await stat(path).catch(() => undefined);
      if (there && !there.isFile()) {
        throw fail('BAD_SINK', `${name} is not a file`, { expected: 'a file, or nothing yet', got: 'something else' });
      }
      await checkRoom(place, name);
      const stranger = isForced ? undefined : await strangerOf(path, deployment);
      if (stranger !== undefined) {
        throw fail('FILE_EXISTS', `${name} exists already, and ${deployment} did not make it; --force replaces it.`, {
          expected: 'a file of this deployment, none yet, or --force',
          got: stranger,
        });
      }
    },
    open: (run, shape) =>
      told(async () => {
        await mkdir(place, { recursive: true });
        return openRun(run, shape);
      }),
    drop,
    close: async () => {},
  };
};
