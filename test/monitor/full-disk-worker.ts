/** A service that records on a disk until that is full, or `room` says that it is not; tells what became of its answers. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApp } from '../../src/app.ts';
import { models, post, serveApp, until } from '../modes/service/serving.ts';

const [place, room] = process.argv.slice(2) as [string, string | undefined];
const CALLS = 60;
const MAX_CALLS = 1500;
const chunk = Buffer.alloc(2 ** 16);

/** Takes what is left of the disk, to the last page. */
const fill = (): void => {
  for (let bytes = chunk.length; bytes >= 4096; bytes /= 2) {
    try {
      for (;;) writeFileSync(join(place, 'ballast'), chunk.subarray(0, bytes), { flag: 'a' });
    } catch {
      // Full for so many at a time.
    }
  }
};

const cleanups: (() => unknown)[] = [];
const app = createApp({ cwd: place, env: { MILLRACE_HOME: place } });
const told: (string | undefined)[] = [];
const recorder = await app.recorder({
  share: 1,
  days: 30,
  most: 1e6,
  onTrouble: (problem) => told.push(problem?.code),
});
const { url } = await serveApp({ after: (work) => void cleanups.push(work as () => unknown) }, app, [models.trees], {
  recorder,
  recordsApi: true,
});
const [{ input }] = JSON.parse(readFileSync(join(models.trees, 'examples.json'), 'utf8'));
const statuses = new Set<number>();
let asked = 0;
const ask = async (): Promise<string> => {
  const { status, json } = await post(`${url}/predict/trees-100x6`, { ...input, note: 'x'.repeat(10_000) });
  statuses.add(status);
  asked++;
  return json.id;
};
const first = await ask();
await until(() => recorder.figures.written === 1);
if (room === undefined) fill();
for (let call = 0; call < CALLS || (room === undefined && told.length === 0 && call < MAX_CALLS); call++) await ask();
if (room !== undefined) await until(() => recorder.figures.written === asked);
const { waitingBytes } = recorder.figures;
await ask();
const found = (await recorder.find(first))?.id === first;
for (const work of cleanups.reverse()) await work();
await recorder.close();
await app.close();
const { written, dropped } = recorder.figures;
const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
process.stdout.write(
  `${JSON.stringify({ statuses: [...statuses], asked, written, lost, waitingBytes, found, told })}\n`,
);
process.exitCode = 0;
