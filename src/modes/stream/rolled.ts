/**
 * Answers the events of a micro-batch while there is a rollout: those of the candidate's units by the candidate, all others by the stable
 * version, which answers too what the candidate cannot. Which version an event is meant for follows from the event alone, so that one that is
 * predicted again is predicted by the same.
 */
import { header, type StreamEvent } from '../../brokers/broker.ts';
import { problemOf } from '../../core/errors.ts';
import type { Answer, Manifest, Scorer } from '../../core/types.ts';
import { keyJson, keyName } from '../../events/key.ts';
import { isSameOutput } from '../../monitor/comparison/changed.ts';
import { ALL_BAD, type Bad, badOf, isBad } from '../../serving/rollouts/bad.ts';
import type { RolloutHere } from '../../serving/rollouts/follower.ts';
import { type UnitSource, unitOf } from '../../serving/rollouts/unit.ts';
import { CANDIDATE, STABLE, type Variant, variantOfUnit } from '../../serving/route.ts';

/** What has made a prediction. */
export interface Maker {
  readonly manifest: Manifest;
  readonly digest: string;
  readonly variant: Variant;
  readonly experiment: string | undefined;
}

/** An event that can be scored. */
export interface RoutedEvent {
  /** What it is called. */
  readonly id: string;
  readonly event: StreamEvent;
  readonly key: Uint8Array | null;
  readonly input: unknown;
}

/** Answers in the order of the events, and who has given each. */
export interface RolledAnswers {
  readonly answers: readonly Answer[];
  readonly makers: readonly Maker[];
}

/** The rollout of one micro-batch. What came of it is counted once that is committed. */
export interface RolledBatch {
  readonly experiment: string;
  answer(events: readonly RoutedEvent[]): Promise<RolledAnswers>;
  count(): void;
}

type Here = RolloutHere<Scorer>;
type Score = (scorer: Scorer, rows: readonly unknown[]) => Promise<readonly Answer[]>;

/** An event without a key is its own unit where keys are units. */
const unitOfEvent = ({ from, name }: UnitSource, { id, event, key, input }: RoutedEvent): string | undefined => {
  if (from === 'key') return key === null ? id : keyName(keyJson(key));
  if (from === 'header') return header(event, name);
  if (from !== 'field' || typeof input !== 'object' || input === null || !Object.hasOwn(input, name)) return undefined;
  return unitOf((input as Readonly<Record<string, unknown>>)[name]);
};

interface Meant {
  readonly variant: Variant;
  readonly units: readonly string[];
  /** What has no unit, though there are units, is no part of the rollout. */
  readonly isCounted: boolean;
}

const meantOf = ({ id, share, unit: source }: Here, event: RoutedEvent): Meant => {
  if (source === undefined) return { variant: variantOfUnit(id, share, event.id), units: [], isCounted: true };
  const unit = unitOfEvent(source, event);
  const units = unit === undefined ? [] : [unit];
  return { variant: variantOfUnit(id, share, unit), units, isCounted: units.length > 0 };
};

/** What the candidate answers, all of it bad where it cannot be asked at all. */
const tryCandidate = async ({ candidate }: Here, rows: readonly unknown[], score: Score) => {
  if (rows.length === 0) return undefined;
  try {
    return await candidate.use(async (scorer) => ({ scorer, answers: await score(scorer, rows) }));
  } catch (error) {
    const problem = problemOf(error);
    return { scorer: undefined, answers: rows.map((): Answer => ({ error: problem })) };
  }
};

interface Counted {
  readonly variant: Variant;
  readonly bad: Bad;
  readonly units: readonly string[];
}

/** @param score scores rows so that one that fails stops no other */
export const rolledBatch = (here: Here, stable: Scorer, score: Score): RolledBatch => {
  const { experiment, tally, share } = here;
  const counted: Counted[] = [];
  const makerOf = ({ manifest, digest }: Scorer, variant: Variant): Maker => ({
    manifest,
    digest,
    variant,
    experiment,
  });
  const outputs = Object.keys(stable.manifest.outputs);
  return {
    experiment,
    async answer(events) {
      const meants = events.map((event) => (share === 0 ? undefined : meantOf(here, event)));
      const others = [...events.keys()].filter((at) => meants[at]?.variant === CANDIDATE);
      const own = [...events.keys()].filter((at) => meants[at]?.variant !== CANDIDATE);
      const rowsAt = (places: readonly number[]) => places.map((at) => events[at].input);
      const [answered, tried] = await Promise.all([
        score(stable, rowsAt(own)),
        tryCandidate(here, rowsAt(others), score),
      ]);
      const ofStable = makerOf(stable, STABLE);
      const makers = events.map(() => ofStable);
      const answers: Answer[] = [];
      for (const [one, at] of own.entries()) answers[at] = answered[one];
      const left: number[] = [];
      const itsOutputs = Object.keys(tried?.scorer?.manifest.outputs ?? {});
      for (const [one, at] of others.entries()) {
        const answer = tried?.answers[one] as Answer;
        const bad = tried?.scorer === undefined ? ALL_BAD : badOf([answer], itsOutputs);
        counted.push({ variant: CANDIDATE, bad, units: meants[at]?.units ?? [] });
        if (answer.error !== undefined || tried?.scorer === undefined) left.push(at);
        else [answers[at], makers[at]] = [answer, makerOf(tried.scorer, CANDIDATE)];
      }
      for (const at of own) {
        const meant = meants[at];
        if (meant?.isCounted) counted.push({ variant: STABLE, bad: badOf([answers[at]], outputs), units: meant.units });
      }
      const instead = await score(stable, rowsAt(left));
      for (const [one, at] of left.entries()) answers[at] = instead[one];
      return { answers, makers };
    },
    count() {
      // Nobody waits for one event, so that how long it took is not compared.
      for (const { variant, bad, units } of counted) tally.add(variant, { rows: 1, ms: 0, bad, units });
    },
  };
};

/** Counts what both have answered, in the shadow; `its` is undefined where the candidate could not be asked. */
export const countShadowed = (
  { tally }: Here,
  { manifest }: Scorer,
  answers: readonly Answer[],
  its: readonly Answer[] | undefined,
): void => {
  const outputs = Object.keys(manifest.outputs);
  for (const [at, answer] of answers.entries()) {
    const bad = badOf([answer], outputs);
    const other = its === undefined ? ALL_BAD : badOf([its[at]], outputs);
    tally.add(STABLE, { rows: 1, ms: 0, bad, units: [] });
    tally.add(CANDIDATE, { rows: 1, ms: 0, bad: other, units: [] });
    const differs = !isSameOutput(answer.output, its?.[at].output);
    tally.paired(Number(isBad(other)) - Number(isBad(bad)), Number(differs));
  }
};
