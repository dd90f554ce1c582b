/** A process with a worker that loops, whose number it tells. */
import { startWorker } from '../../src/workers/worker.ts';
import { type Deed, packageOf } from './models.ts';

const worker = await startWorker(await packageOf(process.argv[2] as Deed));
await worker.ask({ rows: [{ x: 1 }], coerce: undefined });
const looping = worker.ask({ rows: [{ x: 6 }], coerce: undefined });
setTimeout(() => process.stdout.write(`${worker.pid}\n`), 300);
await looping;
