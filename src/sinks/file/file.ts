/** One file, which is made anew by each run, or added to. */
import { mkdir, stat } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { fail } from '../../core/errors.ts';
import { telling } from '../../databases/failures.ts';
import type { Format } from '../../files/table.ts';
import { checkRoom } from '../room.ts';
import type { Sink } from '../sink.ts';
import { strangerOf } from './manifest.ts';
import { openRun } from './run.ts';
import { openStaging, removeStaging } from './staging.ts';

export interface FileSinkOptions {
  /** Absolute. */
  readonly path: string;
  readonly format: Format;
  /** In CSV, texts that a spreadsheet would take for formulas get an apostrophe before them; false unless given. */
  readonly csvSafe?: boolean | undefined;
  /** Where names in messages start. */
  readonly folder: string;
}

export const fileSink = ({ path, format, csvSafe, folder }: FileSinkOptions): Sink => {
  const name = relative(folder, path) || path;
  const place = dirname(path);
  const told = telling(name);
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
        const staging = openStaging({ path, format, csvSafe, columns: shape.columns }, run.id);
        return openRun({ path, name, staging }, run, shape);
      }),
    drop: (run) => told(() => removeStaging(path, run)),
    close: async () => {},
  };
};
