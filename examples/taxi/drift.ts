/**
 * When the weather turns: a week of rides passes in some seconds. From one day on rides are shorter, as people take a taxi where they
 * would have walked, and slower, as streets are full. The story prints what Millrace saw and when, beside when it began.
 * The same seed gives the same story.
 *
 *     npm run example:drift
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { styleText } from 'node:util';
import { type App, createApp } from '../../src/app.ts';
import type { Scorer } from '../../src/core/types.ts';
import { performanceOf, performanceWorld } from '../../src/deployments/performance.ts';
import { startGathering } from '../../src/monitor/profile/gathering.ts';
import { binsOf, readReference } from '../../src/monitor/profile/reference.ts';
import { reportOn } from '../../src/monitor/report/report.ts';
import { sentenceOn } from '../../src/monitor/watch/standing-words.ts';
import { createRides, type Outcome, type Ride } from './rides.ts';

const here = import.meta.dirname;
const DAY_MS = 86_400_000;
const DEPLOYMENT = 'ride-duration';
const FAIR = { distance: 1, minutes: 1 };
const RAIN = { distance: 0.65, minutes: 1.6 };

export interface DriftOptions {
  /** Where the story keeps its registry and its page. */
  readonly home: string;
  /** Days, of which the last ones have another weather. */
  readonly days: number;
  readonly rainFrom: number;
  readonly ridesADay: number;
  /** Days until it is known how long a ride took. */
  readonly labelsAfter: number;
  /** When the first day begins. */
  readonly begin: Date;
  readonly say: (line: string) => void;
}

export interface DriftStory {
  /** The day on which the weather turned, and the first day of which an alarm was raised; from 0 on. */
  readonly began: number;
  readonly seen: number | undefined;
  /** Minutes that predictions were wrong by, of each day whose labels came. */
  readonly errors: ReadonlyMap<number, number>;
  /** The page that was written. */
  readonly page: string;
}

interface Passed {
  readonly at: Date;
  readonly rides: readonly { readonly ride: Ride; readonly outcome: Outcome }[];
}

const dayText = (at: Date): string =>
  `${at.toLocaleDateString('en', { weekday: 'short', timeZone: 'UTC' })} ${at.toISOString().slice(0, 10)}`;

/** Predicts the rides of a day, and leaves what a service that keeps records leaves of them. */
const predictDay = async (app: App, scorer: Scorer, { at, rides }: Passed): Promise<void> => {
  const { manifest, digest, files } = await app.open(`${DEPLOYMENT}@production`);
  const reference = readReference(files.get('profile.json'));
  const rows = rides.map(({ ride: { ride_id: _, ...ride } }) => ride);
  const answers = await scorer.score(rows);
  const inputs = startGathering(manifest.inputs, binsOf(manifest.inputs, reference?.inputs, {}));
  const outputs = startGathering(manifest.outputs, binsOf(manifest.outputs, reference?.outputs, {}));
  for (const row of rows) inputs.addRow(row);
  for (const { output } of answers) outputs.addRow(output);
  const { name: model, version } = manifest;
  const served = { deployment: DEPLOYMENT, model, version, digest, variant: 'stable', at: at.toISOString() };
  const profile = { inputs: inputs.profile(0), outputs: outputs.profile(0) };
  await (await app.profiles()).add([{ ...served, rows: rows.length, refused: 0, ...profile }]);
  await (await app.records()).append(
    answers.map(({ output }, index) => ({
      ...served,
      id: rides[index].ride.ride_id,
      input: JSON.stringify(rows[index]),
      coerced: false,
      output: JSON.stringify(output),
      ms: 1,
    })),
  );
};

/** Tells how long the rides of a day took, and says how far off predictions were. */
const labelDay = async (app: App, { at, rides }: Passed, now: Date): Promise<number> => {
  const labels = await app.labels();
  const join = { deployment: DEPLOYMENT, key: [] };
  await labels.match(join, now);
  const told = rides.map(({ outcome: { ride_id: key, minutes } }) => ({ key, truth: { minutes } }));
  await labels.tell(join, told, now);
  const from = new Date(at.getTime() - (at.getTime() % DAY_MS));
  const window = { from: from.toISOString(), to: new Date(from.getTime() + DAY_MS).toISOString() };
  const { targets } = await performanceOf(await performanceWorld(app, DEPLOYMENT), DEPLOYMENT, window);
  return targets[0]?.figures.find(({ name }) => name === 'mae')?.value ?? Number.NaN;
};

export const tellDriftStory = async (options: DriftOptions): Promise<DriftStory> => {
  const { home, days, rainFrom, ridesADay, labelsAfter, begin, say } = options;
  let now = begin;
  const app = createApp({ cwd: here, env: { ...process.env, MILLRACE_HOME: home }, clock: () => now });
  const { signal } = new AbortController();
  try {
    const { package: packed } = await app.pack(join(here, 'models', DEPLOYMENT));
    const { manifest, digest, blobs } = packed;
    await (await app.registry()).register({ manifest, digest, blobs });
    await app.promote(`${DEPLOYMENT}@${manifest.version}`, { to: 'production', why: 'the story of the weather' });
    const scorer = await app.scorer(`${DEPLOYMENT}@production`);
    const monitor = await app.monitor();
    const passed: Passed[] = [];
    const errors = new Map<number, number>();
    let seen: number | undefined;
    for (let day = 0; day < days; day++) {
      const at = new Date(begin.getTime() + day * DAY_MS + DAY_MS / 2);
      const text = at.toISOString().slice(0, 10);
      const next = new Date(at.getTime() + DAY_MS).toISOString().slice(0, 10);
      const rides = createRides(1000 + day, text, next, day >= rainFrom ? RAIN : FAIR).take(ridesADay);
      passed.push({ at, rides });
      await predictDay(app, scorer, passed[day]);
      now = new Date(begin.getTime() + (day + 1) * DAY_MS + 600_000);
      await monitor.check(signal);
      const [state] = (await monitor.list()).filter(({ deployment }) => deployment === DEPLOYMENT);
      const isAlarm = state.firing.length > 0;
      if (isAlarm) seen ??= day;
      const weather = day === rainFrom ? ' ← the weather turned on this day' : '';
      const sentence = sentenceOn(state, now);
      say(
        `${dayText(at)}  ${isAlarm ? styleText('red', 'alarm ', { stream: process.stdout }) : 'steady'}  ${sentence}${weather}`,
      );
      const known = day - labelsAfter;
      if (known < 0) continue;
      const error = await labelDay(app, passed[known], now);
      errors.set(known, error);
      say(`                        labels of ${dayText(passed[known].at)}: ${error.toFixed(1)} minutes off on average`);
    }
    await scorer.close();
    const page = join(home, 'report.html');
    writeFileSync(page, await reportOn(monitor, DEPLOYMENT, begin, now));
    return { began: rainFrom, seen, errors, page };
  } finally {
    await app.close();
  }
};

if (process.argv[1] === import.meta.filename) {
  const home = join(here, '.millrace', 'drift');
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  const say = (line = ''): void => void process.stdout.write(`${line}\n`);
  say('Millrace: a week of taxi rides, in some seconds. A day is judged ten minutes after midnight.\n');
  const begin = new Date('2026-10-26T00:00:00Z');
  const days = 7;
  const rainFrom = 3;
  const story = await tellDriftStory({ home, days, rainFrom, ridesADay: 1000, labelsAfter: 2, begin, say });
  const { seen, errors, page } = story;
  const dayAt = (day: number): string => dayText(new Date(begin.getTime() + day * DAY_MS));
  say(`\nThe weather turned on ${dayAt(rainFrom)}.`);
  const late = seen === undefined ? undefined : seen - rainFrom;
  const when = late === 0 ? 'that very day' : `${late} days later`;
  say(
    seen === undefined
      ? 'Millrace has not seen it.'
      : `Millrace saw it in the rides of ${dayAt(seen)}, ${when}, and said so ten minutes after midnight, before any label came.`,
  );
  const [before, after] = [errors.get(0) ?? Number.NaN, [...errors.values()].at(-1) ?? Number.NaN];
  say(
    `Labels, two days later, say what it cost: predictions were ${before.toFixed(1)} minutes off at first, ${after.toFixed(1)} at last.`,
  );
  say(`The page for people: ${relative(process.cwd(), page)}`);
}
