/** The work on a partition: micro-batches are taken, scored and committed, one scored while the one before it is committed. */
import type { AssignedPartition, EventBatch } from '../../brokers/broker.ts';
import type { Scorer } from '../../core/types.ts';
import type { Reference } from '../../monitor/profile/reference.ts';
import type { Leave } from '../../monitor/scored-rows.ts';
import type { Live } from '../../serving/live.ts';
import { STABLE, type Variant } from '../../serving/route.ts';
import type { StreamDeployment } from './deployment.ts';
import { type Outcome, predict } from './predict.ts';
import type { Made, PredictionSink } from './prediction-sink.ts';
import type { ShadowedBatch, StreamShadow } from './shadow.ts';
import { createSlots } from './slots.ts';

/** A micro-batch, scored. */
export interface MicroBatch extends Made {
  readonly outcome: Outcome;
  readonly variant: Variant;
  readonly position: number;
  readonly events: number;
  /** The time of the oldest event, in milliseconds since the epoch. */
  readonly oldest: number;
  readonly shadowed: ShadowedBatch | undefined;
  readonly scoringMs: number;
}

export interface WorkOptions {
  readonly deployment: StreamDeployment;
  readonly live: Pick<Live<Scorer>, 'use'>;
  readonly sink?: PredictionSink | undefined;
  readonly leave?: Leave | undefined;
  readonly shadow?: StreamShadow | undefined;
  /** What the training data of what has answered looked like, where its package says. */
  readonly referenceOf: (maker: object) => Reference | undefined;
}

/** Once the events are done, so that each has one record, under the name of its deployment and its own. */
const leaveRecords = (
  leave: Leave,
  { name, model: ref }: StreamDeployment,
  { outcome, maker, scoringMs, oldest }: MicroBatch,
  reference: Reference | undefined,
): void => {
  const { ids, rows, answers } = outcome.scored;
  const { manifest, digest } = maker;
  const model = { ref, deployment: name, name: manifest.name, version: manifest.version, digest, manifest, reference };
  const delayMs = Date.now() - oldest;
  leave({ model, ms: scoringMs, delayMs, idOf: (row) => `${name}/${ids[row]}`, content: { rows, answers } });
};

type OnCommitted = (scored: MicroBatch) => void;

/** `onCommitted` is told of each micro-batch once it is. The work of all partitions shares the slots of the deployment. */
export const createWork = ({ deployment, live, sink, leave, shadow, referenceOf }: WorkOptions) => {
  const { size, delayMs, concurrency } = deployment;
  const slots = createSlots(concurrency);

  const score = ({ events, position }: EventBatch): Promise<MicroBatch> =>
    slots.run(() =>
      live.use(async (scorer): Promise<MicroBatch> => {
        const began = performance.now();
        const time = new Date().toISOString();
        const variant = STABLE;
        const predicting = predict(events, { deployment, scorer, variant, time });
        const shadowing = shadow?.predict(events, time);
        const outcome = await predicting;
        const scoringMs = performance.now() - began;
        const shadowed = shadow?.beside(outcome, await shadowing);
        const oldest = events[0]?.at ?? Date.now();
        return { outcome, shadowed, variant, position, scoringMs, time, maker: scorer, events: events.length, oldest };
      }),
    );
  const commit = async (partition: AssignedPartition, scored: MicroBatch, onCommitted: OnCommitted): Promise<void> => {
    const { outcome, shadowed, position } = scored;
    // The sink comes first: should the commit fail, the same rows are written again, and change nothing.
    if (sink && outcome.predictions.length > 0) await sink.write(outcome.predictions, scored);
    await partition.commit(position, shadowed ? [...outcome.events, ...shadowed.events] : outcome.events);
    if (leave) leaveRecords(leave, deployment, scored, referenceOf(scored.maker));
    onCommitted(scored);
  };

  return async (partition: AssignedPartition, onCommitted: OnCommitted): Promise<void> => {
    let committing: Promise<void> = Promise.resolve();
    while (!partition.signal.aborted) {
      // Where a full batch waits already, it is scored while the last one is committed; else more may come meanwhile.
      if (partition.waiting < size) await committing;
      const taken = await partition.take(size, delayMs);
      if (partition.signal.aborted) break;
      const scored = await score(taken);
      await committing;
      committing = commit(partition, scored, onCommitted);
      // Its failure is seen where it is awaited.
      committing.catch(() => {});
    }
    await committing;
  };
};
