/** What a rehearsal raises beside what has changed: labels that tell of errors, promises that are broken, ids that come again. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createApp } from '../../src/app.ts';
import { startTraffic } from '../../src/monitor/profile/traffic.ts';
import { createRandom } from '../monitor/drift/random.ts';
import { ride } from '../monitor/labels/samples.ts';
import { watchedProject } from './watched-project.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const DAYS = 8;
const RIDES = 300;
const yaml = `deployments:
  rides: { mode: service, model: rides@production, monitor: { slo: { errors: 1 % }, id: ride_id } }
`;
const byKey = { deployment: 'rides', key: ['ride_id'] };
const today = Date.now() - (Date.now() % DAY_MS);
const at = (day: number, ms: number): Date => new Date(today - (DAYS - day) * DAY_MS + ms);

interface RehearsedRides {
  /** How far off predictions of a day are. */
  readonly off?: (day: number) => number;
  /** The day on which nothing but failures comes for an hour. */
  readonly failing?: number;
  /** The day on which rides come twice. */
  readonly twice?: number;
  /** When labels of a day are told. */
  readonly told?: (day: number) => Date;
}

const rehearsed = async (
  t: TestContext,
  { off = () => 1, failing, twice, told = (day) => at(day + 1, 0) }: RehearsedRides,
) => {
  const { cwd, run } = await watchedProject(t, new Array(DAYS).fill(0));
  writeFileSync(join(cwd, 'millrace.yaml'), yaml);
  const app = createApp({ cwd, env: { HOME: cwd } });
  const { digest } = await app.open('rides@production');
  const [records, labels, profiles] = await Promise.all([app.records(), app.labels(), app.profiles()]);
  const served = { deployment: 'rides', model: 'rides', version: '1.0.0', digest, variant: 'stable' };
  for (let day = 0; day < DAYS; day++) {
    const rows = Array.from({ length: RIDES }, (_, n) => ({
      id: `${day}-${n}`,
      ride_id: `${day}-${day === twice ? n % 100 : n}`,
    }));
    const output = '{"minutes":10}';
    await records.append(
      rows.map(({ id, ride_id }, n) =>
        ride(n, {
          ...served,
          id,
          at: at(day, 9 * HOUR_MS + n).toISOString(),
          input: JSON.stringify({ ride_id }),
          output,
        }),
      ),
    );
    const random = createRandom(day + 1);
    const truths = rows.map(({ ride_id }) => ({ key: ride_id, truth: { minutes: 10 + off(day) * random.normal() } }));
    await labels.match(byKey, told(day));
    await labels.tell(byKey, truths, told(day));
    const traffic = startTraffic();
    for (let call = 0; call < 500; call++) traffic.took(5);
    for (let call = 0; call < 250 && day === failing; call++) traffic.failed('INTERNAL');
    const counted = { rows: 500, refused: 0, inputs: {}, outputs: {}, traffic: traffic.counts() };
    await profiles.add([{ ...served, at: at(day, 10 * HOUR_MS).toISOString(), ...counted }]);
  }
  await app.close();
  const since = at(0, 0).toISOString().slice(0, 10);
  const found = await run('rehearse', 'rides', '--since', since);
  const { alerts, labelled_windows } = JSON.parse((await run('rehearse', 'rides', '--since', since, '--json')).stdout);
  const judged = await run('show', 'rides', '--json');
  return { ...found, run, alerts, labelled_windows, shown: JSON.parse(judged.stdout) };
};
const raised = (alerts: readonly { readonly concern: string; readonly what?: string; readonly since: string }[]) =>
  alerts.map(({ concern, what, since }) => [concern, what ?? '', (Date.parse(since) - at(0, 0).getTime()) / DAY_MS]);

test('a rehearsal judges how right predictions were, as labels told it, and takes nothing down', async (t) => {
  const { stderr, stdout, alerts, labelled_windows, shown } = await rehearsed(t, { off: (day) => (day === 5 ? 3 : 1) });
  assert.match(stderr, /^rides: 8 windows from .*, 8 of them by their labels, judged as/);
  assert.match(stdout, /minutes is off by 2\.\d+ on average, 0\.\d+ in the window of .*, labels for 100 %/);
  assert.deepEqual(raised(alerts), [['performance', '', 5]]);
  assert.equal(alerts[0].status, 'resolved', 'by the two windows after it');
  assert.equal(labelled_windows, DAYS);
  assert.deepEqual([shown.windows, shown.performances, shown.alerts], [[], [], []]);
});

test('a rehearsal counts labels that have just been told, such as those of a table', async (t) => {
  const { alerts } = await rehearsed(t, { off: (day) => (day === 5 ? 3 : 1), told: () => new Date() });
  assert.deepEqual(raised(alerts), [['performance', '', 5]]);
});

test('a rehearsal tells of promises that were broken, and of ids that came again', async (t) => {
  const { alerts } = await rehearsed(t, { failing: 3, twice: 6 });
  assert.deepEqual(raised(alerts), [
    ['slo', 'errors', 3 + 10 / 24],
    ['quality', 'repeated', 6],
  ]);
});

test('monitor show tells how many rows had an id that came before', async (t) => {
  const { run } = await rehearsed(t, { twice: DAYS - 1 });
  await run('check');
  const { stderr } = await run('show', 'rides');
  assert.match(stderr, /^ride_id: 200 of 300 recorded rows \(67 %\) came before$/m);
});
