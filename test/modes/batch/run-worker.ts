/** A process that runs `trips` of the project in its folder, to be killed by a test. Says `begun` and `done`. */
import { createApp } from '../../../src/app.ts';

const [, , folder = '', force] = process.argv;
const app = createApp({ cwd: folder, env: { HOME: folder } });
const batch = await app.batch();
const { what } = await batch.run({
  deployment: 'trips',
  force: force === 'force',
  signal: new AbortController().signal,
  onEvent: (event) => {
    if ('run' in event) process.stdout.write(`${event.what} ${event.run.id}\n`);
  },
});
await app.close();
process.stdout.write(`${what}\n`);
