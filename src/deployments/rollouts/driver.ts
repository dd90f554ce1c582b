/** Moves rollouts on by what was counted: any process that follows one does, and whoever is first has done it. */
import { messageOf, problemOf } from '../../core/errors.ts';
import type { ComparisonVerdict } from '../../registry/verdict.ts';
import type { Resources } from '../../resources/resources.ts';
import { judgeRollout, type RolloutJudgement } from '../../serving/rollouts/judge.ts';
import { nextShare } from '../../serving/rollouts/next-share.ts';
import type { Rollout } from '../../serving/rollouts/rollout.ts';
import type { RolloutChange, Rollouts } from '../../serving/rollouts/rollouts.ts';
import { environmentOf } from './plan.ts';

/** Who is named in the history of what is done of itself. */
export const MILLRACE = 'millrace rollout';

export interface Driver {
  /** Looks at what was counted and moves it on; undefined where nothing is to be done, or another process has. @throws STORE_FAILED */
  step(rollout: Rollout): Promise<Rollout | undefined>;
  /** Takes it back, as the candidate cannot answer. */
  refuse(rollout: Rollout, error: unknown): Promise<Rollout | undefined>;
}

interface OwnChange extends Omit<RolloutChange, 'who' | 'verdicts'> {
  readonly why: string;
  readonly verdicts?: readonly ComparisonVerdict[];
}

/** How long a promotion that was refused is not tried again, in milliseconds. */
const REST_MS = 60_000;

const HELD = 'all rows of the last step have come, and the candidate is not worse: finish it, or abort it';

/** Keeps what was found for the gates to come, once. */
const keepCompared = async (
  resources: Resources,
  { id: comparison, model: name, stable, candidate: { version } }: Rollout,
  verdicts: readonly ComparisonVerdict[],
): Promise<void> => {
  const registry = await resources.registry();
  const kept = await registry.comparisons({ name, version });
  if (kept.some((one) => one.comparison === comparison)) return;
  await registry.keepComparison({ comparison, name, version, against: stable.version, verdicts });
};

export const createDriver = (resources: Resources, rollouts: Rollouts): Driver => {
  const { clock } = resources;
  /** When a promotion was refused last, by rollout. */
  const rests = new Map<string, number>();

  const hold = async (rollout: Rollout, why: string): Promise<undefined> => {
    if (rollout.held !== why) await rollouts.hold(rollout, why);
  };
  /** What is moved without a word of anybody's; whoever has moved it tells of it. */
  const moveOn = async (rollout: Rollout, change: OwnChange): Promise<Rollout | undefined> => {
    const moved = await rollouts.move(rollout, { who: MILLRACE, ...change });
    if (moved !== undefined && change.action !== 'abort') {
      const { why, verdicts = [] } = change;
      // That it could not be told takes nothing back: it stands in the history and in the log.
      const { tellRollout } = await import('./alert.ts');
      await tellRollout(resources, moved, { why, verdicts }).catch(() => undefined);
    }
    return moved;
  };

  /** Where the environment has been moved meanwhile. */
  const overtaken = async (rollout: Rollout): Promise<Rollout | 'no' | undefined> => {
    const { digest, version } = await (await resources.lookup()).resolve(rollout.ref);
    if (digest === rollout.stable.digest) return 'no';
    if (digest === rollout.candidate.digest) {
      return moveOn(rollout, { action: 'finish', status: 'finished', why: `${rollout.ref} is the candidate now` });
    }
    const why = `${rollout.ref} was moved to ${version}, which the candidate was not compared with`;
    return moveOn(rollout, { action: 'abort', status: 'aborted', why });
  };

  const promote = async (rollout: Rollout, { why, verdicts }: RolloutJudgement): Promise<Rollout | undefined> => {
    const { id, model, ref, candidate } = rollout;
    if ((rests.get(id) ?? 0) > clock().getTime()) return undefined;
    try {
      await keepCompared(resources, rollout, verdicts);
      const { promoteProven } = await import('../../resources/promote.ts');
      const move = { to: environmentOf(ref), who: MILLRACE, why };
      await promoteProven(resources, `${model}@${candidate.digest}`, move);
    } catch (error) {
      if (problemOf(error).code === 'STORE_FAILED') throw error;
      rests.set(id, clock().getTime() + REST_MS);
      return hold(rollout, `it is not promoted: ${messageOf(error)}`);
    }
    return moveOn(rollout, { action: 'finish', status: 'finished', why, verdicts });
  };

  const takeBack = (rollout: Rollout, why: string, verdicts: readonly ComparisonVerdict[]) =>
    moveOn(rollout, { action: 'roll back', status: 'rolled back', why, verdicts });

  return {
    async step(rollout) {
      const moved = await overtaken(rollout);
      if (moved !== 'no') return moved;
      const [counts, measures] = [await rollouts.counts(rollout.id), await rollouts.measure(rollout)];
      const judged = judgeRollout(rollout, counts, clock(), measures);
      const { next, why, verdicts } = judged;
      if (next === 'roll back') return takeBack(rollout, why, verdicts);
      if (next === 'advance') return moveOn(rollout, { action: 'advance', step: rollout.step + 1, why, verdicts });
      if (next === 'promote') return promote(rollout, judged);
      const share = nextShare(rollout, counts, measures);
      if (share !== undefined) await rollouts.setShare(rollout, share);
      const isDone = rollout.status === 'running' && verdicts.every(({ outcome }) => outcome === 'better');
      return isDone ? hold(rollout, HELD) : undefined;
    },
    refuse: (rollout, error) => takeBack(rollout, `the candidate cannot answer: ${messageOf(error)}`, []),
  };
};
