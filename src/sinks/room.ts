import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fail } from '../core/errors.ts';

/** A run is not begun with less room than this, in bytes. */
const LEAST_ROOM = 16 * 1024 * 1024;

const existing = async (folder: string): Promise<string> => {
  const found = await stat(folder).catch(() => undefined);
  if (found) return folder;
  const above = dirname(folder);
  return above === folder ? folder : existing(above);
};

/** @throws MillraceError BAD_SINK when nothing can be written into a folder, or DISK_FULL when its disk has no room. */
export const checkRoom = async (folder: string, name: string, least = LEAST_ROOM): Promise<void> => {
  const place = await existing(folder);
  if (!(await stat(place)).isDirectory()) {
    throw fail('BAD_SINK', `${name} cannot be written: ${place} is not a folder`, { expected: 'a folder', got: place });
  }
  await access(place, constants.W_OK).catch((cause: unknown) => {
    throw fail('BAD_SINK', `${name} cannot be written: nothing may be written into ${place}`, {
      expected: 'a folder that can be written',
      got: place,
      cause,
    });
  });
  const { bavail, bsize } = await statfs(place);
  const free = bavail * bsize;
  if (free >= least) return;
  throw fail(
    'DISK_FULL',
    `${name} cannot be written: the disk under ${place} has ${Math.floor(free / 2 ** 20)} MB left`,
    {
      expected: `at least ${least / 2 ** 20} MB`,
      got: `${free} bytes`,
    },
  );
};
