/** One place of the service, and the rollout that goes on there. */
import { problemOf } from '../../../core/errors.ts';
import type { RolloutActs } from '../../../serving/rollouts/acts.ts';
import { isAtWork, type Rollout } from '../../../serving/rollouts/rollout.ts';
import { stepName } from '../../../serving/rollouts/steps.ts';
import type { Logger } from '../log.ts';
import type { LoadModelOptions } from '../model.ts';
import type { Slot } from '../slot.ts';
import { type Candidacy, type CandidacyOptions, openCandidacy } from './candidacy.ts';

export interface RolledPlaceOptions {
  readonly slot: Slot;
  readonly load: LoadModelOptions;
  readonly log: Logger;
  readonly keep: CandidacyOptions['keep'];
}

export interface RolledPlace {
  /** Does what the rollouts at work say of this place. @throws STORE_FAILED */
  attend(acts: RolloutActs, atWork: readonly Rollout[]): Promise<void>;
  /** Takes what was counted to the store, and lets the candidate go. */
  close(acts: RolloutActs | undefined): Promise<void>;
}

const tell = ({ id, deployment, status, step, steps, candidate: { version } }: Rollout, log: Logger): void => {
  const told = { deployment, rollout: id, version, status, step: stepName(steps[step]) };
  if (status === 'rolled back' || status === 'aborted') log.error(told, 'the rollout is taken back');
  else log.info(told, 'the rollout goes on');
};

const keep = async ({ rollouts }: RolloutActs, { id, step, tally }: Candidacy): Promise<void> => {
  const taken = tally.take();
  if (taken === undefined) return;
  await rollouts.count(id, step, taken.counts, taken.pairs).catch((error: unknown) => {
    tally.giveBack(taken);
    throw error;
  });
};

export const createRolledPlace = ({ slot, load, log, keep: keepAnswered }: RolledPlaceOptions): RolledPlace => {
  const name = slot.deployment ?? slot.ref;
  let candidacy: Candidacy | undefined;
  const leaving = new Set<Promise<void>>();

  const leave = (left: Candidacy): void => {
    if (candidacy === left) candidacy = undefined;
    log.info({ deployment: name, rollout: left.id }, 'the candidate leaves');
    const gone = left.leave(load.limits.timeoutMs).finally(() => leaving.delete(gone));
    leaving.add(gone);
  };
  const begin = (acts: RolloutActs, rollout: Rollout): Candidacy => {
    const { id, candidate } = rollout;
    const told = { deployment: name, rollout: id, version: candidate.version, digest: candidate.digest };
    log.info(told, 'a candidate is opened');
    const begun = openCandidacy({ ...load, slot, keep: keepAnswered }, rollout);
    begun.opening.then(
      () => log.info(told, 'the candidate is ready'),
      async (error: unknown) => {
        if (candidacy !== begun) return;
        candidacy = undefined;
        log.error({ ...told, problem: problemOf(error), err: error }, 'the candidate cannot answer here');
        // A store that was away says nothing of the candidate: it is opened again with the next look.
        if (problemOf(error).code === 'STORE_FAILED') return;
        const moved = await acts.refuse(rollout, error).catch(() => undefined);
        if (moved !== undefined) tell(moved, log);
      },
    );
    return begun;
  };
  /** Lets a rollout go that is at work no more; true while the candidate goes on until the place itself has it. */
  const ends = async (acts: RolloutActs, last: Candidacy): Promise<boolean> => {
    const rollout = await acts.rollouts.find(last.id);
    if (rollout?.status === 'finished' && slot.model?.digest === rollout.stable.digest) {
      last.follow(rollout);
      return true;
    }
    leave(last);
    return false;
  };
  return {
    async attend(acts, atWork) {
      const own = atWork.find(({ deployment }) => deployment === name);
      const before = candidacy;
      if (before !== undefined) await keep(acts, before);
      if (before !== undefined && before.id !== own?.id && (await ends(acts, before))) return;
      if (own === undefined || !isAtWork(own) || slot.model === undefined) return;
      candidacy ??= begin(acts, own);
      const { step, tally } = candidacy;
      const slowest = own.slowMs === undefined && step === own.step ? tally.slowest() : undefined;
      if (slowest !== undefined) await acts.rollouts.setSlow(own, slowest);
      const moved = await acts.step(own);
      if (moved !== undefined) tell(moved, log);
      candidacy?.follow(moved ?? own);
    },
    async close(acts) {
      const last = candidacy;
      if (last !== undefined) {
        if (acts !== undefined) await keep(acts, last).catch(() => undefined);
        leave(last);
      }
      await Promise.all(leaving);
    },
  };
};
