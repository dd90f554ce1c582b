/**
 * The hidden folder beside a file in which a run keeps its shards until they become that file. A shard is a file with its
 * entry beside it; the entry's file is what makes it count.
 */
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { atomicFile } from '../../files/atomic-file.ts';
import { createTableWriter } from '../../files/index.ts';
import type { ColumnSpec, Format } from '../../files/table.ts';
import type { ShardWriter, SinkEntry } from '../sink.ts';
import { joinFiles } from './join.ts';
import { readJson, writeJson } from './manifest.ts';

export interface StagingOptions {
  /** The file that the shards become. */
  readonly path: string;
  readonly format: Format;
  readonly csvSafe?: boolean | undefined;
  readonly columns: readonly ColumnSpec[];
}

export interface Staging {
  /** By shard. */
  entries(): Promise<ReadonlyMap<number, SinkEntry>>;
  shard(index: number): Promise<ShardWriter>;
  /** Puts the rows of all shards, behind those of the files `before`, into a file that gets the name `target` when it is whole. */
  join(target: string, before: readonly string[]): Promise<void>;
  /** True when the file of that name is the one that was joined last, also before a crash. */
  isJoined(target: string): Promise<boolean>;
}

/** The file that is about to get its name, so that whoever comes back after a crash knows whether it has. */
interface Intent {
  readonly inode: string;
}

const inodeOf = async (path: string): Promise<string | undefined> => {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found && `${found.dev}:${found.ino}`;
};

const folderOf = (path: string, run: string): string => join(dirname(path), `.${basename(path)}.${run}`);
const shardName = (index: number): string => String(index).padStart(6, '0');

/** Removes what a run has staged, if anything. */
export const removeStaging = async (path: string, run: string): Promise<void> => {
  const folder = folderOf(path, run);
  if (await stat(folder).catch(() => undefined)) await rm(folder, { recursive: true, force: true });
};

export const openStaging = ({ path, format, csvSafe, columns }: StagingOptions, run: string): Staging => {
  const folder = folderOf(path, run);
  const partOf = (index: number): string => join(folder, `${shardName(index)}.${format}`);
  const intentPath = join(folder, 'publishing');
  const entries: Staging['entries'] = async () => {
    const names = await readdir(folder).catch(() => []);
    const found = new Map<number, SinkEntry>();
    for (const one of names.filter((file) => /^\d+\.entry$/.test(file)).sort()) {
      const entry = await readJson<SinkEntry>(join(folder, one));
      if (entry) found.set(Number.parseInt(one, 10), entry);
    }
    return found;
  };
  return {
    entries,
    async shard(index) {
      await mkdir(folder, { recursive: true });
      const writer = await createTableWriter(partOf(index), { format, columns, csvSafe });
      return {
        write: writer.write,
        async commit(entry) {
          await writer.close();
          await writeJson(join(folder, `${shardName(index)}.entry`), entry);
        },
        abort: writer.abort,
      };
    },
    async join(target, before) {
      const parts = [...(await entries()).keys()].map(partOf);
      const file = await atomicFile(target);
      try {
        await joinFiles(format, [...before, ...parts], columns, file.path, csvSafe);
        await writeJson(intentPath, { inode: (await inodeOf(file.path)) ?? '' } satisfies Intent);
        await file.commit();
      } catch (error) {
        await file.discard();
        throw error;
      }
    },
    async isJoined(target) {
      const intent = await readJson<Intent>(intentPath);
      return intent !== undefined && intent.inode === (await inodeOf(target));
    },
  };
};
