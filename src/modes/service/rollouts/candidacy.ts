/**
 * A rollout at one place of the service: the candidate is opened and proven there, answers its units, and is closed when nobody
 * needs it any more.
 */
import type { Answered } from '../../../monitor/answered.ts';
import { createLive, type Live } from '../../../serving/live.ts';
import { shareOf as currentShare } from '../../../serving/rollouts/next-share.ts';
import { experimentOf, isAtWork, type Rollout } from '../../../serving/rollouts/rollout.ts';
import { createTally, type Tally } from '../../../serving/rollouts/tally.ts';
import { parseUnit } from '../../../serving/rollouts/unit.ts';
import { CANDIDATE } from '../../../serving/route.ts';
import { type LoadModelOptions, loadModel, type Model } from '../model.ts';
import type { Slot } from '../slot.ts';
import { createShadow } from './shadow.ts';
import type { Shadow } from './shadowed.ts';

export interface Candidacy {
  readonly id: string;
  readonly step: number;
  readonly tally: Tally;
  /** Settles once the candidate is ready; rejects with what keeps it from that. */
  readonly opening: Promise<unknown>;
  readonly isReady: boolean;
  /** Routes as the rollout now stands. */
  follow(rollout: Rollout): void;
  /** Nobody is answered by the candidate from now on; what is in flight is finished. */
  leave(mostMs: number): Promise<void>;
}

export interface CandidacyOptions extends LoadModelOptions {
  readonly slot: Slot;
  /** Where the answers of a shadow are recorded; nowhere unless given. */
  readonly keep?: ((answered: Answered) => void) | undefined;
}

const openCandidate = ({ slot, ...options }: CandidacyOptions, rollout: Rollout): Live<Model> => {
  const { model, candidate } = rollout;
  const { deployment } = slot;
  const as = { ref: slot.ref, deployment, variant: CANDIDATE, experiment: experimentOf(rollout) } as const;
  return createLive<Model>({
    ref: `${model}@${candidate.digest}`,
    source: options.source,
    load: (found, opening) => loadModel(as, found, opening, options),
    idle: (version) => version.idle(),
    proveFirst: true,
  });
};

/** The share of a rollout that is over: all where the candidate has won, until its environment is followed; else none. */
const shareOf = (rollout: Rollout): number => {
  if (rollout.status === 'finished') return 1;
  return isAtWork(rollout) ? currentShare(rollout) : 0;
};

export const openCandidacy = (options: CandidacyOptions, first: Rollout): Candidacy => {
  const { keep, slot } = options;
  const { routing } = slot;
  const live = openCandidate(options, first);
  const opening = live.open();
  // Whoever follows hears of it when it asks.
  opening.catch(() => undefined);
  let tally = createTally();
  let shadow: Shadow | undefined;
  let { step } = first;
  return {
    id: first.id,
    get step() {
      return step;
    },
    get tally() {
      return tally;
    },
    opening,
    get isReady() {
      return live.current !== undefined;
    },
    follow(rollout) {
      const candidate = live.current;
      if (candidate === undefined) return;
      if (rollout.step !== step) [step, tally] = [rollout.step, createTally()];
      tally.slowMs = rollout.slowMs;
      const { id, stable: beside, unit } = rollout;
      const share = shareOf(rollout);
      if (routing.active?.id === id && routing.active.share === share && routing.active.tally === tally) return;
      const parsed = unit === undefined ? undefined : parseUnit(unit, 'INTERNAL');
      shadow?.close();
      const isBusy = (): boolean => (options.slot.model?.batcher.inFlight ?? 0) > 0;
      shadow = share === 0 && isAtWork(rollout) ? createShadow({ candidate, tally, isBusy, keep }) : undefined;
      routing.active = { id, experiment: experimentOf(rollout), beside, share, unit: parsed, candidate, tally, shadow };
    },
    async leave(mostMs) {
      if (routing.active?.id === first.id) routing.active = undefined;
      shadow?.close();
      await live.close(mostMs);
    },
  };
};
