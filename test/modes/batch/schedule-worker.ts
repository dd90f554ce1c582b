/** A process that keeps the schedule of `trips`, until it is told to stop by the end of its standard input. */
import { createApp } from '../../../src/app.ts';
import { startScheduler } from '../../../src/modes/batch/scheduler.ts';

const [, , folder = ''] = process.argv;
const stop = new AbortController();
process.stdin.resume();
process.stdin.on('end', () => stop.abort());
const app = createApp({ cwd: folder, env: { HOME: folder, MILLRACE_REGISTRY: process.env.MILLRACE_REGISTRY } });
const batch = await app.batch();
const scheduler = startScheduler({
  batch,
  deployment: batch.deployment('trips'),
  clock: () => new Date(),
  signal: stop.signal,
  onEvent: (event) => {
    if (['finished', 'left', 'failed'].includes(event.what)) process.stdout.write(`${JSON.stringify(event)}\n`);
  },
});
process.stdout.write('ready\n');
await scheduler.ended;
await app.close();
