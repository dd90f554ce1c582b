/** The rollout of a stream: followed again and again, and what each micro-batch has of it. */
import { fail } from '../../core/errors.ts';
import type { Manifest, Scorer } from '../../core/types.ts';
import { createLive, type Live } from '../../serving/live.ts';
import type { RolloutActs } from '../../serving/rollouts/acts.ts';
import { createFollower, type RolloutHere } from '../../serving/rollouts/follower.ts';
import type { Rollout } from '../../serving/rollouts/rollout.ts';
import type { ModelSource } from '../../serving/source.ts';
import { warm } from '../../serving/warm.ts';
import type { StreamDeployment } from './deployment.ts';
import { type Outcome, scoreEach } from './predict.ts';
import { countShadowed, type RolledBatch, rolledBatch } from './rolled.ts';
import { createStreamShadow, type StreamShadow } from './shadow.ts';

/** What one micro-batch has of a rollout. */
export interface StreamTurn {
  /** Undefined in the shadow. */
  readonly rolled: RolledBatch | undefined;
  readonly shadow: StreamShadow | undefined;
  /** What may have answered some of the events. */
  readonly candidate: Pick<Scorer, 'manifest' | 'digest'> | undefined;
  /** In the shadow: holds what the candidate made of the events against what was published. */
  compare(outcome: Outcome, its: Outcome | undefined): void;
  /** Once it is committed. */
  count(): void;
}

export interface StreamRollout {
  /** Undefined where there is none, or another version answers than the candidate stands beside. */
  turn(scorer: Scorer): StreamTurn | undefined;
  /** Stops following, takes what was counted to the store, and lets the candidate go. */
  close(): Promise<void>;
}

export interface StreamRolloutOptions {
  readonly deployment: StreamDeployment;
  readonly source: ModelSource;
  readonly open: (() => Promise<RolloutActs | undefined>) | undefined;
  /** The version that answers. */
  readonly current: () => Pick<Scorer, 'manifest' | 'digest'> | undefined;
  /** Makes the topic that the shadow predicts to. */
  readonly ensureTopic: (topic: string) => Promise<void>;
  readonly onTrouble: (error: unknown) => void;
  readonly everyMs: number;
}

/** A table has the columns of one version: those of another must be the same. */
const checkOutputs = (candidate: Manifest, stable: Manifest | undefined): void => {
  const told = ({ outputs }: Manifest): string =>
    Object.entries(outputs)
      .map(([name, { kind }]) => `${name}: ${kind}`)
      .join(', ');
  if (stable === undefined || told(stable) === told(candidate)) return;
  throw fail('BAD_ROLLOUT', 'The candidate answers other fields than the table of this stream has columns for', {
    expected: told(stable),
    got: told(candidate),
  });
};

const candidateOf =
  ({ deployment, source, current, ensureTopic }: StreamRolloutOptions) =>
  ({ model, candidate }: Rollout): Live<Scorer> =>
    createLive<Scorer>({
      ref: `${model}@${candidate.digest}`,
      source,
      load: async (found, { signal }) => {
        if (deployment.sink !== undefined) checkOutputs(found.manifest, current()?.manifest);
        if (deployment.to !== undefined) await ensureTopic(`${deployment.to}.shadow`);
        return warm(await source.load(found, signal), found);
      },
      proveFirst: true,
    });

const turnOf = (here: RolloutHere<Scorer>, scorer: Scorer, options: StreamRolloutOptions): StreamTurn => {
  const { deployment, onTrouble } = options;
  if (here.share > 0) {
    const rolled = rolledBatch(here, scorer, scoreEach);
    return { rolled, shadow: undefined, candidate: here.version, compare: () => undefined, count: rolled.count };
  }
  const to = deployment.to === undefined ? undefined : `${deployment.to}.shadow`;
  const { experiment, candidate: live } = here;
  let [counts, its]: [Outcome | undefined, Outcome | undefined] = [undefined, undefined];
  return {
    rolled: undefined,
    shadow: createStreamShadow({ deployment, to, live, experiment, onTrouble }),
    candidate: undefined,
    compare(outcome, other) {
      [counts, its] = [outcome, other];
    },
    count() {
      if (counts) countShadowed(here, scorer, counts.scored.answers, its?.scored.answers);
    },
  };
};

/** Undefined where rollouts are not followed. */
export const followStreamRollout = (options: StreamRolloutOptions): StreamRollout | undefined => {
  const { deployment, open, current, onTrouble, everyMs } = options;
  if (open === undefined) return undefined;
  const follower = createFollower<Scorer>({
    deployment: deployment.name,
    open,
    digest: () => current()?.digest,
    candidateOf: candidateOf(options),
    onRefused: onTrouble,
  });
  let isStopped = false;
  let isAway = false;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();
  const look = async (): Promise<void> => {
    try {
      await follower.look();
      isAway = false;
    } catch (error) {
      if (!isAway) onTrouble(error);
      isAway = true;
    }
    if (!isStopped) timer = setTimeout(start, everyMs);
  };
  const start = (): void => {
    looking = look();
  };
  start();
  return {
    turn(scorer) {
      const { here } = follower;
      return here === undefined || here.beside.digest !== scorer.digest ? undefined : turnOf(here, scorer, options);
    },
    async close() {
      isStopped = true;
      clearTimeout(timer);
      await looking;
      await follower.close(0);
    },
  };
};
