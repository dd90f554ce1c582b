import type { Fields } from '../../../src/core/types.ts';
import type { JudgedWindow } from '../../../src/monitor/alerts/finding.ts';
import { openAlerts } from '../../../src/monitor/alerts/open.ts';
import { startCounting } from '../../../src/monitor/profile/counting.ts';
import { binsOf, type Reference, referenceOf } from '../../../src/monitor/profile/reference.ts';
import { openProfiles } from '../../../src/monitor/profiles/open.ts';
import type { SpanProfile } from '../../../src/monitor/profiles/profiles.ts';
import { openAccepted } from '../../../src/monitor/watch/accepted.ts';
import {
  type SeenWindow,
  type WatchOptions,
  type WatchWorld,
  watchDeployment,
} from '../../../src/monitor/watch/watch.ts';
import type { Sql } from '../../../src/store/sql.ts';
import { createRandom } from '../drift/random.ts';

const inputs: Fields = { distance: { kind: 'number' }, zone: { kind: 'category' } };
const outputs: Fields = { minutes: { kind: 'number' } };
const DAY_MS = 86_400_000;
const BEGIN = Date.parse('2026-11-02T00:00:00.000Z');

export const dayOf = (n: number): Date => new Date(BEGIN + n * DAY_MS);
export const served = { deployment: 'rides', model: 'ride', version: '1.0.0', digest: 'sha256:00', variant: 'stable' };

export interface Weather {
  readonly rows?: number;
  readonly refused?: number;
  /** In standard deviations of distance. */
  readonly longer?: number;
  readonly slower?: number;
}

/** Rides of a day, the same for the same seed. */
const rides = (seed: number, { rows = 1000, longer = 0, slower = 0 }: Weather) => {
  const random = createRandom(seed);
  const distance = Float64Array.from({ length: rows }, () => random.normal() + longer);
  return {
    inputs: { distance, zone: Array.from(distance, () => 'ABC'[Math.floor(random.uniform() * 3)]) },
    outputs: { minutes: distance.map((miles) => 3 * miles + random.normal() + slower) },
  };
};

export const reference: Reference = (() => {
  const sample = rides(1, { rows: 5000 });
  return {
    rows: 5000,
    inputs: referenceOf(inputs, sample.inputs),
    outputs: referenceOf(outputs, sample.outputs, 3),
  };
})();

/** What a deployment has answered on the n-th day. */
export const answered = (n: number, weather: Weather = {}, more: Partial<SpanProfile> = {}): SpanProfile => {
  const columns = rides(100 + n, weather);
  const counted = (fields: Fields, side: 'inputs' | 'outputs') => {
    const counting = startCounting(fields, binsOf(fields, reference[side], {}));
    counting.add(columns[side]);
    return counting.profile();
  };
  const { rows = 1000, refused = 0 } = weather;
  const at = new Date(dayOf(n).getTime() + 43_200_000).toISOString();
  return {
    ...served,
    at,
    rows: rows + refused,
    refused,
    inputs: counted(inputs, 'inputs'),
    outputs: counted(outputs, 'outputs'),
    ...more,
  };
};

/** A deployment that is watched, and its store. */
export const createWatched = (sql: Sql, settings: Partial<WatchOptions> = {}) => {
  const world = {
    profiles: openProfiles(sql),
    alerts: openAlerts(sql),
    accepted: openAccepted(sql),
    referenceOf: async () => reference,
  };
  const options: WatchOptions = {
    deployment: 'rides',
    window: 'day',
    compareWith: 'training',
    hearers: { channelsOf: () => ['mail'] },
    ...settings,
  };
  return {
    ...world,
    /** Looks a little after midnight of the n-th day. */
    look: (n: number, profiles: WatchWorld['profiles'] = world.profiles) =>
      watchDeployment(options, { ...world, profiles }, new Date(dayOf(n).getTime() + 600_000)),
  };
};

export const seenIn = ({ seen }: JudgedWindow): SeenWindow => seen as SeenWindow;
