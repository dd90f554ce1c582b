/**
 * The main job from end to end, on real models: pack three of them, register and promote them, score a file once, put
 * them behind HTTP and into streams, ask, and watch rides pass. Everything goes through the same commands that a person
 * would type. PORT sets the port; KAFKA_URL takes a Kafka instead of a log on this machine.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { styleText } from 'node:util';
import { createApp } from '../../src/app.ts';
import { main } from '../../src/cli/main.ts';
import { createRides } from './rides.ts';
import { simulate } from './simulate.ts';
import { hasRoom, watch } from './watch.ts';

const here = import.meta.dirname;
const models = ['ride-duration', 'ride-fare', 'ride-tip'];
const port = Number(process.env.PORT || 8080);
const url = `http://127.0.0.1:${port}`;
const state = process.env.MILLRACE_HOME ? resolve(process.env.MILLRACE_HOME) : join(here, '.millrace');

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

let say = (text = ''): void => void process.stdout.write(`${text}\n`);
const style = (format: 'bold' | 'dim' | 'cyan', text: string): string =>
  process.stdout.isTTY ? styleText(format, text) : text;

/** Lines of a command's output, set in under it. */
const indented = (): PassThrough => {
  const stream = new PassThrough();
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) say(line === '' ? '' : `  ${line}`);
  });
  return stream;
};

const io = { stdin: process.stdin, cwd: here, env: process.env, signal: stop.signal };

/** Runs one command as it would be typed in this folder; ends the story when it fails. */
const millrace = async (...words: string[]): Promise<void> => {
  say(style('cyan', `$ millrace ${words.map((word) => (word.includes(' ') ? `'${word}'` : word)).join(' ')}`));
  const stdout = indented();
  const stderr = indented();
  const code = await main(words, { ...io, stdout, stderr });
  if (code > 1) process.exit(code);
};

/** Asks the running service, and shows how anyone else would. Resolves to the id of the prediction. */
const ask = async (path: string, body: unknown): Promise<string> => {
  const text = JSON.stringify(body);
  say(style('cyan', `$ curl ${url}${path} -H 'content-type: application/json' -d '${text.replaceAll("'", "'\\''")}'`));
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: text,
  });
  const answer = await response.text();
  say(`  ${response.status} ${answer}`);
  return JSON.parse(answer).id;
};

/** The first event that follows a quick answer. */
const follow = async (id: string): Promise<void> => {
  say(style('cyan', `$ curl -N ${url}/predictions/${id}/events`));
  const heard = new AbortController();
  try {
    const { body } = await fetch(`${url}/predictions/${id}/events`, {
      signal: AbortSignal.any([stop.signal, heard.signal]),
    });
    for await (const chunk of body ?? []) {
      const line = String(Buffer.from(chunk))
        .split('\n')
        .find((one) => one.startsWith('data: '));
      if (line !== undefined) return say(`  ${line}`);
    }
  } finally {
    heard.abort();
  }
};

/** Waits for the service, or for its end. */
const ready = async (serving: Promise<number>): Promise<void> => {
  let ended: number | undefined;
  void serving.then((code) => {
    ended = code;
  });
  while (ended === undefined) {
    const response = await fetch(`${url}/v2/health/ready`).catch(() => undefined);
    if (response?.ok) return;
    await wait(20);
  }
  process.exit(ended);
};

say(style('bold', 'Millrace: three models of New York taxi rides, put to work'));
say(style('dim', `state in ${relative(process.cwd(), state)}; delete it to begin anew`));

say('\n1. Pack each model once: its golden examples prove that it answers as the library that trained it.');
for (const name of models) await millrace('pack', join('models', name));

say('\n2. Promote: production is a pointer with a history.');
for (const name of models) await millrace('promote', `${name}@1.0.0`, '--to', 'production', '--why', 'first release');

say('\n3. Once: score a file of 1,000 rides.');
mkdirSync(state, { recursive: true });
const rides = createRides(42).take(1000);
writeFileSync(join(state, 'rides.ndjson'), rides.map(({ ride }) => `${JSON.stringify(ride)}\n`).join(''));
await millrace(
  'predict',
  'ride-duration@production',
  '--in',
  join(relative(here, state), 'rides.ndjson'),
  '--out',
  join(relative(here, state), 'durations.csv'),
  '--force',
);

say('\n4. Service: the same packages over HTTP, and at work on streams, all that millrace.yaml deploys.');
say(style('cyan', `$ millrace up --port ${port}`));
const quiet = new PassThrough().resume();
const serving = main(['up', '--port', String(port)], { ...io, stdout: quiet, stderr: indented() });
await ready(serving);
const { ride_id: _, ...ride } = rides[0].ride;
for (const name of models.slice(1)) await ask(`/predict/${name}`, ride);
await ask('/predict/ride-fare', { ...ride, distance: -3 });

say('\nThe fare comes at once; how long the ride will take is predicted from its event, and follows.');
await follow(await ask('/predict/ride-fare', ride));

say('\nUp until Ctrl-C. Try:');
for (const path of ['/docs', '/openapi.json', '/v2/models/ride-duration', '/v2/health/ready']) say(`  ${url}${path}`);
say('  npx millrace -f examples/taxi inspect ride-duration@production');
say('  npx millrace -f examples/taxi stream tail ride.offers');
say('  npx millrace -f examples/taxi decide --dry-run offers');

say('\n5. Streams: rides are booked and started; three models predict each of them, and rules make an offer.');
const app = createApp({ cwd: here, env: process.env });
const broker = await app.broker();
const { signal } = stop;
const simulating = simulate(broker, { rate: 1.5, seed: Date.now() % 1_000_000, signal });
const watching = hasRoom(process.stdout) ? watch({ broker, screen: process.stdout, signal }) : undefined;
if (watching) say = (text = '') => watching.above(text);
await Promise.race([serving, simulating, watching?.ended ?? new Promise(() => {})]);
stop.abort();
await Promise.all([simulating, watching?.ended]);
process.exitCode = await serving;
await app.close();
