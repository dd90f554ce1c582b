/**
 * The main job from end to end, on real models: pack three of them, register and promote them, score a file once, put
 * them behind HTTP and into streams, ask, and watch rides pass. Everything goes through the same commands that a person
 * would type. PORT sets the port, 0 any free one; KAFKA_URL takes a Kafka instead of a log on this machine.
 */
import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { styleText } from 'node:util';
import { createApp } from '../../src/app.ts';
import { main } from '../../src/cli/main.ts';
import { createRides } from './rides.ts';
import { simulate } from './simulate.ts';
import { hasRoom, watch } from './watch.ts';

const here = import.meta.dirname;
const models = ['ride-duration', 'ride-fare', 'ride-tip'];
const port = Number(process.env.PORT || 8080);
const { MILLRACE_HOME } = process.env;
const state = MILLRACE_HOME ? resolve(MILLRACE_HOME) : join(here, '.millrace');
/** The folder as seen from another one; where it lies elsewhere, its whole path. */
const stateFrom = (folder: string): string => {
  const path = relative(folder, state);
  return path.startsWith('..') ? state : path;
};
/** Where the service answers, once it does. */
let url = '';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

let say = (text = ''): void => void process.stdout.write(`${text}\n`);
const style = (format: 'bold' | 'dim' | 'cyan', text: string): string =>
  process.stdout.isTTY ? styleText(format, text) : text;

/** Hands on what a command writes, line by line. */
const byLine = (hear: (line: string) => void): PassThrough => {
  const stream = new PassThrough();
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(hear);
  });
  return stream;
};
/** Says a line of a command, set in under it. */
const indent = (line: string): void => say(line === '' ? '' : `  ${line}`);

const io = { stdin: process.stdin, cwd: here, env: process.env, signal: stop.signal };

/** Runs one command as it would be typed in this folder. */
const attempt = async (...words: string[]) => {
  say(style('cyan', `$ millrace ${words.map((word) => (word.includes(' ') ? `'${word}'` : word)).join(' ')}`));
  const errors: string[] = [];
  const stderr = byLine((line) => {
    errors.push(line);
    indent(line);
  });
  const code = await main(words, { ...io, stdout: byLine(indent), stderr });
  return { code, errors: errors.join('\n') };
};

/** As `attempt`; ends the story when the command fails. */
const millrace = async (...words: string[]): Promise<void> => {
  const { code } = await attempt(...words);
  if (code > 1) process.exit(code);
};

/** Puts what an earlier release of this story has left out of the way: its versions are other models by now. */
const beginAnew = (): void => {
  const place = stateFrom(process.cwd());
  if (MILLRACE_HOME) {
    say(`\n${place} ($MILLRACE_HOME) holds other models under these versions, and a version never changes.`);
    say('Name another folder, or delete this one if nothing in it is needed.');
    process.exit(2);
  }
  const aside = `before-${new Date().toISOString().replaceAll(/[-:]|\..*/g, '')}`;
  const left = readdirSync(state).filter((name) => !name.startsWith('before-'));
  mkdirSync(join(state, aside));
  for (const name of left) renameSync(join(state, name), join(state, aside, name));
  say(`\nAn earlier release of this story was here. What it left is in ${join(place, aside)}; all begins anew.\n`);
};

const pack = async (): Promise<void> => {
  for (const name of models) {
    const { code, errors } = await attempt('pack', join('models', name));
    if (errors.includes('VERSION_TAKEN')) {
      beginAnew();
      return pack();
    }
    if (code > 1) process.exit(code);
  }
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

/** The modes that read topics; each says so once it does. */
const readers = ['stream', 'decide'];

/** Puts all deployments to work, and resolves once all of them are, to where the service answers; ends the story when one cannot. */
const up = async () => {
  say(style('cyan', `$ millrace up --port ${port}`));
  const listening = Promise.withResolvers<string>();
  const reading = Promise.withResolvers<void>();
  let heard = 0;
  const stdout = byLine((line) => {
    const [, found] = /^ready on (\S+?);/.exec(line) ?? [];
    if (found !== undefined) listening.resolve(found);
  });
  const stderr = byLine((line) => {
    indent(line);
    if (line.startsWith('reading ') && ++heard === readers.length) reading.resolve();
  });
  const serving = main(['up', '--port', String(port)], { ...io, stdout, stderr });
  const found = await Promise.race([Promise.all([listening.promise, reading.promise]), serving]);
  return typeof found === 'number' ? process.exit(found) : { serving, found: found[0] };
};

say(style('bold', 'Millrace: three models of New York taxi rides, put to work'));
say(style('dim', `state in ${stateFrom(process.cwd())}; delete it to begin anew`));

say('\n1. Pack each model once: its golden examples prove that it answers as the library that trained it.');
await pack();

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
  join(stateFrom(here), 'rides.ndjson'),
  '--out',
  join(stateFrom(here), 'durations.csv'),
  '--force',
);

say('\n4. Service: the same packages over HTTP, and at work on streams, all that millrace.yaml deploys.');
const { serving, found } = await up();
url = found;

const askService = async (): Promise<void> => {
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
};

const runStreams = async (): Promise<void> => {
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
  await serving;
  await app.close();
};

for (const part of [askService, runStreams]) {
  if (stop.signal.aborted) break;
  await part().catch(async (error: unknown) => {
    // What Ctrl-C cuts short has not failed, and deployments that end by themselves have said why.
    const ended = stop.signal.aborted || (await Promise.race([serving, pause(5000, undefined, { ref: false })]));
    if (ended === undefined) throw error;
    stop.abort();
  });
}
process.exitCode = await serving;
