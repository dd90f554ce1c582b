/**
 * Runs `trips` of the project in a folder, and fills a small disk while the first rows are scored: `left` bytes stay. Says
 * in one line of JSON how it ended, and what lies in `place` then.
 */
import { closeSync, ftruncateSync, openSync, readdirSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createApp } from '../../../src/app.ts';
import { problemOf } from '../../../src/core/errors.ts';

const [, , folder = '', place = '', left = ''] = process.argv;
const { PLACE: disk = place } = process.env;
/** No disk of any machine is as small as this; nothing else is to be filled. */
const SMALL = 64 * 2 ** 20;
const BLOCK = Buffer.alloc(64 * 1024);

const fillUp = (): void => {
  const { blocks, bsize } = statfsSync(disk);
  if (blocks * bsize > SMALL) return;
  const ballast = openSync(join(disk, 'ballast'), 'w');
  let written = 0;
  try {
    for (let more = 1; more > 0; written += more) more = writeSync(ballast, BLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
  ftruncateSync(ballast, Math.max(0, written - Number(left)));
  closeSync(ballast);
};

const app = createApp({ cwd: folder, env: { HOME: folder } });
const batch = await app.batch();
let rows = 0;
let said: object;
try {
  const { what, run } = await batch.run({
    deployment: 'trips',
    signal: new AbortController().signal,
    onEvent: (event) => {
      if (event.what !== 'progress') return;
      if (rows === 0 && left !== '') fillUp();
      rows = event.rows;
    },
  });
  said = { what, run: run.id };
} catch (error) {
  const [run] = await batch.list({ limit: 1 }).catch(() => []);
  said = { problem: problemOf(error), status: run?.status };
}
await app.close().catch(() => {});
process.stdout.write(`${JSON.stringify({ ...said, rows, files: readdirSync(place).sort() })}\n`);
