/** A run into a file: its shards are staged beside it, joined, and given its name in one rename. */
import { stat } from 'node:fs/promises';
import { telling } from '../../databases/failures.ts';
import type { SinkRun, SinkRunInfo, SinkShape } from '../sink.ts';
import { readManifest, writeManifest } from './manifest.ts';
import { removeStaging, type Staging } from './staging.ts';

export interface RunFile {
  /** Absolute. */
  readonly path: string;
  /** What it is called in messages. */
  readonly name: string;
  readonly staging: Staging;
}

export const openRun = ({ path, name, staging }: RunFile, run: SinkRunInfo, { key }: SinkShape): SinkRun => {
  const told = telling(name);
  const isPublished = async (): Promise<boolean> => (await readManifest(path))?.runs.includes(run.id) ?? false;
  return {
    isPublished,
    committed: () => told(staging.entries),
    shard: (index) =>
      told(async () => {
        const { write, commit, abort } = await staging.shard(index);
        return {
          write: (rows) => told(() => write(rows)),
          commit: (entry) => told(() => commit(entry)),
          abort,
        };
      }),
    publish: (how, rows) =>
      told(async () => {
        if (!(await isPublished())) {
          const isThere = (await stat(path).catch(() => undefined)) !== undefined;
          const before = how === 'add' ? await readManifest(path) : undefined;
          if (!(await staging.isJoined(path))) await staging.join(path, how === 'add' && isThere ? [path] : []);
          await writeManifest(path, run, { rows, key, before });
        }
        await removeStaging(path, run.id);
      }),
    setAside: () =>
      told(async () => {
        if ((await staging.entries()).size > 0) await staging.join(`${path}.incomplete`, []);
        await removeStaging(path, run.id);
        return `${name}.incomplete`;
      }),
  };
};
