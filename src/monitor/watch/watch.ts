/** Judges the windows of a deployment that are over, one after another, and takes down what was found. */
import type { Zone } from '../../core/zone.ts';
import type { Alerts, Hearers } from '../alerts/alerts.ts';
import type { JudgedWindow, TimeSpan } from '../alerts/finding.ts';
import { trainingBaseline } from '../drift/baseline.ts';
import type { Judgement } from '../drift/judgement.ts';
import { BASELINE_WINDOWS, type CompareWith, stratumOf } from '../drift/strata.ts';
import type { RepeatedIds } from '../labels/labels.ts';
import { durationQuantile } from '../profile/durations.ts';
import type { Reference } from '../profile/reference.ts';
import { mergeTraffic, type Traffic } from '../profile/traffic.ts';
import { type Profiles, SPAN_MS, type SpanProfile, type SpanTraffic, type SpanVolume } from '../profiles/profiles.ts';
import type { WindowFigure } from '../quality/volume.ts';
import type { AcceptedProfiles } from './accepted.ts';
import { judgeWatched, type WatchedWindow } from './judge.ts';
import { readMemory, startMemory } from './memory.ts';

export interface WatchOptions {
  readonly deployment: string;
  readonly window: 'hour' | 'day';
  readonly compareWith: CompareWith;
  readonly zone?: Pick<Zone, 'offset'> | undefined;
  /** It has events, which may be late; false unless given. */
  readonly isStream?: boolean | undefined;
  readonly falseAlarmsAYear?: number | undefined;
  readonly leastEffect?: number | undefined;
  readonly hearers: Hearers;
}

export interface WatchWorld {
  readonly profiles: Pick<Profiles, 'windows' | 'volumes' | 'traffic'>;
  readonly alerts: Pick<Alerts, 'watch' | 'step'>;
  readonly accepted: Pick<AcceptedProfiles, 'last'>;
  /** What a package says of its training data; undefined where it says nothing, or is not there. */
  /** Rows of a span whose id came before; undefined where nothing is known to be an id. Nobody asks where it is not given. */
  readonly repeatsIn?: ((span: TimeSpan) => Promise<RepeatedIds | undefined>) | undefined;
  readonly referenceOf: (served: Pick<SpanProfile, 'model' | 'digest'>) => Promise<Reference | undefined>;
}

/** What is kept of a window for those who look later. */
export interface SeenWindow {
  readonly digest: string;
  readonly rows: number;
  readonly refused: number;
  readonly judgement?: Judgement | undefined;
  /** ln of the evidence of slow drift: sure from 3 on. */
  readonly logE?: number | undefined;
  /** Recorded rows that have an id, and those of them whose id came before. */
  readonly ids?: RepeatedIds | undefined;
  /** The share of rows in which a field is missing, of those of which any is. */
  readonly missing?: Readonly<Record<string, number>> | undefined;
}

/** Minutes come a little after they are over; in milliseconds. */
const LATE_MS = 120_000;
/** Windows that were not judged while nothing watched: of more than that the oldest are passed over. */
const MOST_WINDOWS = 60;
/** How far back windows are compared, in milliseconds. */
const HISTORY_MS = 60 * 86_400_000;
/** Fields that are kept of a judgement, the first of its order. */
const KEPT_FIELDS = 50;

/** When the last window ended that is over; milliseconds since the epoch. */
export const lastEnd = (now: Date, windowMs: number): number => {
  const late = now.getTime() - LATE_MS;
  return late - (late % windowMs);
};

const emptyAt = (at: number): WatchedWindow => ({ at, rows: 0, refused: 0, inputs: {}, outputs: {} });
const watchedOf = ({ at, rows, refused, inputs, outputs, traffic }: SpanProfile): WatchedWindow => ({
  at: Date.parse(at),
  rows: rows - refused,
  refused,
  inputs,
  outputs,
  traffic,
});

/** The share of rows in which fields are missing, of the first that are. */
const missingIn = ({ inputs, outputs }: WatchedWindow): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries({ ...outputs, ...inputs })
      .filter(([, { missing }]) => missing > 0)
      .slice(0, KEPT_FIELDS)
      .map(([field, { count, missing }]) => [field, missing / (count + missing)]),
  );

/** Who has answered most of a window, or of the last one before it that had rows. */
const mainOf = (spans: readonly SpanVolume[], at: number): SpanVolume | undefined => {
  const until = spans.filter((span) => Date.parse(span.at) <= at);
  const last = until.at(-1)?.at;
  return until
    .filter((span) => span.at === last)
    .reduce<SpanVolume | undefined>(
      (most, span) => (most === undefined || span.rows > most.rows ? span : most),
      undefined,
    );
};

/** Windows before the first that is judged, from one time to another, that are compared with; of all others no profile is read. */
const comparedBefore = (
  { compareWith, zone, window }: Pick<WatchOptions, 'compareWith' | 'zone' | 'window'>,
  volumes: readonly SpanVolume[],
  first: number,
): readonly [from: number, to: number] => {
  if (compareWith === 'training') return [first, first];
  // Each package that answered has its own last window, and its own first ones of each stratum.
  const before = volumes.filter(({ at }) => Date.parse(at) < first);
  const ofPackage = [...Map.groupBy(before, ({ digest, variant }) => `${digest} ${variant}`).values()];
  const timesOf = (own: readonly SpanVolume[]) => own.map(({ at }) => Date.parse(at));
  if (compareWith === 'last') return [Math.min(first, ...ofPackage.map((own) => timesOf(own).at(-1) ?? first)), first];
  const strata = ofPackage.flatMap((own) => [
    ...Map.groupBy(timesOf(own), (at) => stratumOf(at, compareWith, zone)).values(),
  ]);
  const ofBaselines = strata.flatMap((times) => times.slice(0, BASELINE_WINDOWS));
  return ofBaselines.length === 0
    ? [first, first]
    : [Math.min(...ofBaselines), Math.max(...ofBaselines) + SPAN_MS[window]];
};

interface SpansToRead {
  readonly volumes: readonly SpanVolume[];
  /** When the first window began that is judged, or waits for more rows; milliseconds since the epoch. */
  readonly waitsFrom: number;
  readonly until: Date;
}

/** Profiles of wide rows are large: of windows before none is read but those that are compared with. */
const readSpans = async (
  options: Pick<WatchOptions, 'deployment' | 'compareWith' | 'zone' | 'window'>,
  profiles: WatchWorld['profiles'],
  { volumes, waitsFrom, until }: SpansToRead,
): Promise<readonly SpanProfile[]> => {
  const read = (from: number, to: number) =>
    from < to ? profiles.windows(options.deployment, new Date(from), new Date(to), SPAN_MS[options.window]) : [];
  const [from, to] = comparedBefore(options, volumes, waitsFrom);
  return [...(await read(from, Math.min(to, waitsFrom))), ...(await read(waitsFrom, until.getTime()))];
};

/** The delay that 95 % of events do not exceed, in each window. */
const delaysOf = (spans: readonly SpanTraffic[], windowMs: number): readonly WindowFigure[] => {
  const windows = Map.groupBy(spans, ({ at }) => Date.parse(at) - (Date.parse(at) % windowMs));
  return [...windows].flatMap(([at, some]) => {
    const sum = some.reduce<Traffic | undefined>((all, { traffic }) => mergeTraffic(all, traffic), undefined);
    const figure = durationQuantile(sum?.durations ?? {}, 0.95);
    return figure === undefined ? [] : [{ at, figure }];
  });
};

/**
 * Judges what is over by `now`. Any number of processes may do so at once.
 *
 * @returns the windows that were judged here, the first one first
 * @throws MillraceError STORE_FAILED
 */
export const watchDeployment = async (
  options: WatchOptions,
  { profiles, alerts, accepted, referenceOf, repeatsIn }: WatchWorld,
  now: Date,
): Promise<readonly JudgedWindow[]> => {
  const { deployment, compareWith, zone, hearers, falseAlarmsAYear, leastEffect } = options;
  const windowMs = SPAN_MS[options.window];
  const end = lastEnd(now, windowMs);
  const watch = await alerts.watch(deployment);
  const from = watch === undefined ? end - windowMs : Date.parse(watch.judgedUntil);
  if (from >= end) return [];
  const first = Math.max(from, end - MOST_WINDOWS * windowMs);
  const since = new Date(Math.min(first, end - HISTORY_MS));
  const until = new Date(end);
  let remembered = readMemory(watch?.memory);
  const volumes = await profiles.volumes(deployment, since, until, windowMs);
  const waitsFrom = Math.min(first, remembered?.waitsFrom ?? first);
  const spans = await readSpans(options, profiles, { volumes, waitsFrom, until });
  const delays = options.isStream ? delaysOf(await profiles.traffic(deployment, since), windowMs) : undefined;

  const judged: JudgedWindow[] = [];
  for (let at = first; at < end; at += windowMs) {
    const main = mainOf(volumes, at);
    if (main === undefined) continue;
    const { model, version, digest } = main;
    const isOwn = (span: SpanVolume): boolean => span.digest === digest && span.variant === main.variant;
    const own = spans.filter(isOwn).map(watchedOf);
    const came = volumes.filter(isOwn).map((volume) => ({ at: Date.parse(volume.at), rows: volume.rows }));
    const span = { from: new Date(at).toISOString(), to: new Date(at + windowMs).toISOString() };
    const counted = own.find((window) => window.at === at);
    const current = counted ? { ...counted, ids: await repeatsIn?.(span) } : emptyAt(at);
    const normal = await accepted.last(deployment, digest);
    const of = `${digest} ${normal?.seq ?? 'training'} ${compareWith}`;
    const memory = remembered?.of === of ? remembered : startMemory(of, at, remembered);
    const reference = normal === undefined ? await referenceOf(main) : undefined;
    const training = reference && trainingBaseline(reference);
    const history = own.filter((window) => window.at < at);
    const rule = { windowMs, falseAlarmsAYear, leastEffect };
    const asked = { rule, compareWith, zone, training, accepted: normal, volumes: came, delays };
    const found = judgeWatched(current, history, memory, asked);
    const { judgement } = found;
    const seen: SeenWindow = {
      digest,
      rows: current.rows,
      refused: current.refused,
      judgement: judgement && { ...judgement, fields: judgement.fields.slice(0, KEPT_FIELDS) },
      logE: found.logE,
      ids: current.ids,
      missing: missingIn(current),
    };
    const one: JudgedWindow = {
      deployment,
      model,
      version,
      window: span,
      concerns: found.concerns,
      findings: found.findings,
      seen,
      memory: JSON.stringify(found.memory),
    };
    // Somebody else has judged it meanwhile, and goes on.
    if ((await alerts.step(one, hearers, now)) === undefined) return judged;
    judged.push(one);
    remembered = found.memory;
  }
  return judged;
};
