/** `node peak-memory.ts <model> <input> <output>`: predicts a file and prints the most bytes that this process ever held. */
import { createApp } from '../src/app.ts';
import { predictFile } from '../src/modes/once/predict-file.ts';

const [model, input, output] = process.argv.slice(2);
const app = createApp({ cwd: model, env: {} });
const scorer = await app.scorer('.');
await predictFile({ scorer, input, output, force: true });
await scorer.close();
await app.close();
process.stdout.write(`${process.resourceUsage().maxRSS * 1024}`);
