/**
 * A version that predicts the same events beside the one that counts. Its predictions go to a topic of their own, in the same commit;
 * nothing of it holds the deployment up: what it cannot answer is counted.
 */
import type { NewEvent, StreamEvent } from '../../brokers/broker.ts';
import type { Answer, Scorer } from '../../core/types.ts';
import { isSameOutput } from '../../monitor/comparison/changed.ts';
import type { Live } from '../../serving/live.ts';
import { CANDIDATE } from '../../serving/route.ts';
import type { StreamDeployment } from './deployment.ts';
import { type Outcome, predict } from './predict.ts';

/** Events by what both made of them. `refused` and `answered` are of the shadow alone; `failed`: it could not be asked. */
export type ShadowOutcome = 'same' | 'changed' | 'refused' | 'answered' | 'neither' | 'failed';

/** What a shadow made of a micro-batch. */
export interface ShadowedBatch {
  readonly events: readonly NewEvent[];
  readonly outcomes: ReadonlyMap<ShadowOutcome, number>;
}

const outcomeOf = (answer: Answer, its: Answer): ShadowOutcome => {
  const { output } = answer;
  const other = its.output;
  if (output === undefined || other === undefined) {
    return output !== undefined ? 'refused' : other !== undefined ? 'answered' : 'neither';
  }
  return isSameOutput(output, other) ? 'same' : 'changed';
};

export interface StreamShadowOptions {
  readonly deployment: StreamDeployment;
  /** Undefined where its predictions are only compared. */
  readonly to: string | undefined;
  readonly live: Pick<Live<Scorer>, 'use'>;
  /** The rollout in whose shadow it predicts; none unless given. */
  readonly experiment?: string | undefined;
  /** Told why it could not be asked. */
  readonly onTrouble: (error: unknown) => void;
}

export interface StreamShadow {
  /** Undefined where it cannot be asked; never rejects. */
  predict(events: readonly StreamEvent[], time: string): Promise<Outcome | undefined>;
  /** Of the same events, what counts and what the shadow made of them. */
  beside(outcome: Outcome, its: Outcome | undefined): ShadowedBatch;
}

export const createStreamShadow = ({
  deployment,
  to,
  live,
  experiment,
  onTrouble,
}: StreamShadowOptions): StreamShadow => {
  const own = { ...deployment, to };
  let isTroubled = false;
  return {
    async predict(events, time) {
      try {
        const its = await live.use((scorer) =>
          predict(events, { deployment: own, scorer, variant: CANDIDATE, experiment, time }),
        );
        isTroubled = false;
        return its;
      } catch (error) {
        // Once is enough, until it has answered again.
        if (!isTroubled) onTrouble(error);
        isTroubled = true;
        return undefined;
      }
    },
    beside({ scored }, its) {
      if (its === undefined) return { events: [], outcomes: new Map([['failed', scored.rows.length]]) };
      const outcomes = new Map<ShadowOutcome, number>();
      for (const [at, answer] of scored.answers.entries()) {
        const outcome = outcomeOf(answer, its.scored.answers[at]);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
      // Its dead letters are those of the other, or none.
      return { events: to === undefined ? [] : its.events.filter(({ topic }) => topic === to), outcomes };
    },
  };
};
