/**
 * When the weather turns: a week of rides passes in some seconds. From one day on rides are shorter, as people take a taxi where they
 * would have walked, and slower, as streets are full. How long a ride took is told two days later, as `millrace labels import` does.
 * The story prints what Millrace saw and when, beside when it began.
 * The same seed gives the same story.
 *
 *     npm run example:drift
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { styleText } from 'node:util';
import { type App, createApp } from '../../src/app.ts';
import type { Scorer } from '../../src/core/types.ts';
import { startGathering } from '../../src/monitor/profile/gathering.ts';
import { binsOf, readReference } from '../../src/monitor/profile/reference.ts';
import { reportOn } from '../../src/monitor/report/report.ts';
import type { WatchedDeployment } from '../../src/monitor/watch/standing.ts';
import { sentenceOn } from '../../src/monitor/watch/standing-words.ts';
import { createRides, type Outcome, type Ride } from './rides.ts';

const here = import.meta.dirname;
const DAY_MS = 86_400_000;
const MODEL = 'ride-duration';
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
  /** The day on which the weather turned, and the first day whose rides raised an alarm; from 0 on. */
  readonly began: number;
  readonly seen: number | undefined;
  /** The first day whose predictions raised an alarm as they were worse, and the day on which that was known. */
  readonly worse: { readonly of: number; readonly known: number } | undefined;
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
  const { manifest, digest, files } = await app.open(`${MODEL}@production`);
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
      input: JSON.stringify(rides[index].ride),
      coerced: false,
      output: JSON.stringify(output),
      ms: 1,
    })),
  );
};

/** Tells how long the rides of a day took, as `millrace labels import` does. */
const labelDay = async (app: App, { at, rides }: Passed, home: string): Promise<void> => {
  const file = join(home, `ended-${at.toISOString().slice(0, 10)}.csv`);
  const lines = rides.map(({ outcome: { ride_id, minutes } }) => `${ride_id},${minutes}`);
  writeFileSync(file, `ride_id,minutes\n${lines.join('\n')}\n`);
  await app.importLabels({ deployment: DEPLOYMENT, source: { file }, key: 'ride_id', truth: 'minutes' });
};

/** How far off predictions of the last window with labels were: minutes on average, and between which bounds. */
const errorIn = ({ performance }: WatchedDeployment) => {
  const figure = performance?.targets[0]?.figures.find(({ name }) => name === 'mae');
  const { low = Number.NaN, high = Number.NaN } = figure?.interval ?? {};
  const share = Math.round(100 * (performance?.coverage ?? 0));
  const value = figure?.value ?? Number.NaN;
  const words = `${value.toFixed(1)} minutes off on average (${low.toFixed(1)} to ${high.toFixed(1)}), labels for ${share} %`;
  return { value, words };
};

export const tellDriftStory = async (options: DriftOptions): Promise<DriftStory> => {
  const { home, days, rainFrom, ridesADay, labelsAfter, begin, say } = options;
  let now = begin;
  const app = createApp({ cwd: here, env: { ...process.env, MILLRACE_HOME: home }, clock: () => now });
  const { signal } = new AbortController();
  try {
    const { package: packed } = await app.pack(join(here, 'models', MODEL));
    const { manifest, digest, blobs } = packed;
    await (await app.registry()).register({ manifest, digest, blobs });
    await app.promote(`${MODEL}@${manifest.version}`, { to: 'production', why: 'the story of the weather' });
    const scorer = await app.scorer(`${MODEL}@production`);
    const monitor = await app.monitor();
    const passed: Passed[] = [];
    const errors = new Map<number, number>();
    let seen: number | undefined;
    let worse: DriftStory['worse'];
    for (let day = 0; day < days; day++) {
      const at = new Date(begin.getTime() + day * DAY_MS + DAY_MS / 2);
      const text = at.toISOString().slice(0, 10);
      const next = new Date(at.getTime() + DAY_MS).toISOString().slice(0, 10);
      const rides = createRides(1000 + day, text, next, day >= rainFrom ? RAIN : FAIR).take(ridesADay);
      passed.push({ at, rides });
      await predictDay(app, scorer, passed[day]);
      now = new Date(begin.getTime() + (day + 1) * DAY_MS + 600_000);
      const known = day - labelsAfter;
      if (known >= 0) await labelDay(app, passed[known], home);
      const { judged } = await monitor.check(signal);
      const [state] = (await monitor.list()).filter(({ deployment }) => deployment === DEPLOYMENT);
      const isAlarm = state.firing.length > 0;
      if (state.firing.some(({ concern }) => concern === 'drift' || concern === 'predictions')) seen ??= day;
      const alarm = judged.find(({ findings }) => findings.some(({ concern }) => concern === 'performance'));
      if (alarm) worse ??= { of: (Date.parse(alarm.window.from) - begin.getTime()) / DAY_MS, known: day };
      const weather = day === rainFrom ? ' ← the weather turned on this day' : '';
      const sentence = sentenceOn(state, now);
      say(
        `${dayText(at)}  ${isAlarm ? styleText('red', 'alarm ', { stream: process.stdout }) : 'steady'}  ${sentence}${weather}`,
      );
      if (known < 0) continue;
      const error = errorIn(state);
      errors.set(known, error.value);
      say(`                        rides of ${dayText(passed[known].at)}: ${error.words}`);
    }
    await scorer.close();
    const page = join(home, 'report.html');
    writeFileSync(page, await reportOn(monitor, DEPLOYMENT, begin, now));
    return { began: rainFrom, seen, worse, errors, page };
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
  const { seen, worse, errors, page } = story;
  const dayAt = (day: number): string => dayText(new Date(begin.getTime() + day * DAY_MS));
  const later = (count: number): string =>
    count === 0 ? 'that very day' : `${count} day${count === 1 ? '' : 's'} later`;
  say(`\nIt began on ${dayAt(rainFrom)}, when the weather turned.`);
  say(
    seen === undefined
      ? 'Millrace has not seen that rides have changed.'
      : `Millrace saw that rides had changed in those of ${dayAt(seen)}, ${later(seen - rainFrom)}, and said so ten minutes after midnight, before any label came.`,
  );
  say(
    worse === undefined
      ? 'Millrace has not seen that predictions have become worse.'
      : `It saw that predictions had become worse in those of ${dayAt(worse.of)}, and said so at the end of ${dayAt(worse.known)}, when their labels had come.`,
  );
  const [before, after] = [errors.get(0) ?? Number.NaN, [...errors.values()].at(-1) ?? Number.NaN];
  say(`What it cost: predictions were ${before.toFixed(1)} minutes off at first, ${after.toFixed(1)} at last.`);
  say(`The page for people: ${relative(process.cwd(), page)}`);
}
