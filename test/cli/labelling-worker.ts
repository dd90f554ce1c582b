/** A process that reads the labels of `rides` of the project in its folder, to be killed by a test. Its clock runs `ahead` milliseconds. */
import { createApp } from '../../src/app.ts';
import { startLabelling } from '../../src/deployments/labelling/at-work.ts';

const [, , folder = '', ahead = '0'] = process.argv;
const app = createApp({ cwd: folder, env: { HOME: folder }, clock: () => new Date(Date.now() + Number(ahead)) });
startLabelling(app, ['rides'], (news) => process.stdout.write(`${JSON.stringify(news)}\n`));
process.stdout.write('begun\n');
setInterval(() => undefined, 60_000);
