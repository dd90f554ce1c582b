/**
 * Follows the rollout of one deployment, for modes that answer by a scorer: opens the candidate, says who answers which unit as the rollout
 * stands, and takes what was counted to the store. What the store does not say at the moment goes on as it was.
 */
import { problemOf } from '../../core/errors.ts';
import type { LiveVersion } from '../held.ts';
import type { Live } from '../live.ts';
import type { RolloutActs } from './acts.ts';
import { shareOf as currentShare } from './next-share.ts';
import { experimentOf, isAtWork, type RolledVersion, type Rollout } from './rollout.ts';
import { createTally, type Tally } from './tally.ts';
import { parseUnit, type UnitSource } from './unit.ts';

/** A rollout as it stands here, with a candidate that is ready. */
export interface RolloutHere<Version extends LiveVersion> {
  /** What buckets are salted with. */
  readonly id: string;
  readonly experiment: string;
  /** What the candidate stands beside; where another version answers, it has no part. */
  readonly beside: RolledVersion;
  /** Of the units: from 0, in the shadow, to 1. */
  readonly share: number;
  /** Each row by itself unless given. */
  readonly unit: UnitSource | undefined;
  readonly candidate: Pick<Live<Version>, 'use'>;
  readonly version: Version;
  readonly tally: Tally;
}

export interface FollowerOptions<Version extends LiveVersion> {
  readonly deployment: string;
  /** Undefined where there is no store for it. */
  readonly open: () => Promise<RolloutActs | undefined>;
  /** Of the version that answers here. */
  readonly digest: () => string | undefined;
  /** The candidate, which is not open yet. */
  readonly candidateOf: (rollout: Rollout) => Live<Version>;
  /** Told of each move that was made from here, and of a candidate that cannot answer. */
  readonly onMoved?: ((rollout: Rollout) => void) | undefined;
  readonly onRefused?: ((error: unknown) => void) | undefined;
}

export interface RolloutFollower<Version extends LiveVersion> {
  /** Undefined while there is no rollout, or nobody who could answer in it. */
  readonly here: RolloutHere<Version> | undefined;
  /** Looks once how it stands. @throws STORE_FAILED */
  look(): Promise<void>;
  /** Resolves when a candidate that is being opened is ready, or refused. */
  settled(): Promise<void>;
  /** Takes what was counted to the store, and lets the candidate go; what it does has so many milliseconds to end. */
  close(mostMs: number): Promise<void>;
}

interface Opened<Version extends LiveVersion> {
  readonly id: string;
  readonly live: Live<Version>;
  readonly opening: Promise<void>;
  step: number;
  tally: Tally;
}

/** All where the candidate has won, until its environment is followed. */
const shareOf = (rollout: Rollout): number => (rollout.status === 'finished' ? 1 : currentShare(rollout));

const keep = async <V extends LiveVersion>({ rollouts }: RolloutActs, opened: Opened<V>): Promise<void> => {
  const { id, step, tally } = opened;
  const taken = tally.take();
  if (taken === undefined) return;
  await rollouts.count(id, step, taken.counts, taken.pairs).catch((error: unknown) => {
    tally.giveBack(taken);
    throw error;
  });
};

/** One that is at work no more, whose candidate goes on until the environment is followed; undefined for any other. */
const wonBeside = async (
  { rollouts }: RolloutActs,
  id: string,
  digest: string | undefined,
): Promise<Rollout | undefined> => {
  const rollout = await rollouts.find(id);
  return rollout?.status === 'finished' && digest === rollout.stable.digest ? rollout : undefined;
};

const hereOf = <V extends LiveVersion>(rollout: Rollout, { live, tally }: Opened<V>, version: V): RolloutHere<V> => {
  const { id, stable: beside, unit, mode } = rollout;
  return {
    id,
    experiment: experimentOf(rollout),
    beside,
    share: shareOf(rollout),
    unit: unit === undefined ? undefined : parseUnit(unit, 'INTERNAL', mode),
    candidate: live,
    version,
    tally,
  };
};

/** The candidate that is open here, and what is done with it. */
const createOpened = <V extends LiveVersion>({ candidateOf, onMoved, onRefused }: FollowerOptions<V>) => {
  let opened: Opened<V> | undefined;
  let here: RolloutHere<V> | undefined;
  const leaving = new Set<Promise<void>>();

  const leave = (mostMs?: number): void => {
    if (opened === undefined) return;
    const gone = opened.live.close(mostMs).finally(() => leaving.delete(gone));
    leaving.add(gone);
    [opened, here] = [undefined, undefined];
  };
  const stand = (rollout: Rollout): void => {
    const version = opened?.live.current;
    if (opened?.id !== rollout.id || version === undefined) return;
    if (rollout.step !== opened.step) [opened.step, opened.tally] = [rollout.step, createTally()];
    here = hereOf(rollout, opened, version);
  };
  const refuse = async (acts: RolloutActs, rollout: Rollout, error: unknown): Promise<void> => {
    if (opened?.id !== rollout.id) return;
    leave();
    onRefused?.(error);
    // A store that was away says nothing of the candidate: it is opened again with the next look.
    if (problemOf(error).code === 'STORE_FAILED') return;
    const moved = await acts.refuse(rollout, error).catch(() => undefined);
    if (moved !== undefined) onMoved?.(moved);
  };
  return {
    leave,
    stand,
    opened: () => opened,
    here: () => here,
    /** Opens the candidate of a rollout, unless it is there. */
    begin(acts: RolloutActs, rollout: Rollout): void {
      if (opened !== undefined) return;
      const live = candidateOf(rollout);
      const opening = live.open().then(
        () => stand(rollout),
        (error: unknown) => refuse(acts, rollout, error),
      );
      opened = { id: rollout.id, live, opening, step: rollout.step, tally: createTally() };
    },
    gone: () => Promise.all(leaving),
  };
};

export const createFollower = <V extends LiveVersion>(options: FollowerOptions<V>): RolloutFollower<V> => {
  const { deployment, open, digest, onMoved } = options;
  const own = createOpened(options);
  return {
    get here() {
      return own.here();
    },
    async look() {
      const acts = await open();
      if (acts === undefined) return;
      const rollout = (await acts.rollouts.atWork()).find((one) => one.deployment === deployment);
      const before = own.opened();
      if (before !== undefined) await keep(acts, before);
      if (before !== undefined && before.id !== rollout?.id) {
        const won = await wonBeside(acts, before.id, digest());
        if (won !== undefined) return own.stand(won);
        own.leave();
      }
      if (rollout === undefined || digest() === undefined) return;
      own.begin(acts, rollout);
      const moved = await acts.step(rollout);
      if (moved !== undefined) onMoved?.(moved);
      const now = moved ?? rollout;
      if (isAtWork(now) || now.status === 'finished') own.stand(now);
      else own.leave();
    },
    async settled() {
      await own.opened()?.opening;
    },
    async close(mostMs) {
      const acts = await open().catch(() => undefined);
      const last = own.opened();
      if (acts !== undefined && last !== undefined) await keep(acts, last).catch(() => undefined);
      own.leave(mostMs);
      await own.gone();
    },
  };
};
