/** The work on a partition: micro-batches are taken, scored and committed, one scored while the one before it is committed. */
import type { AssignedPartition, EventBatch } from '../../brokers/broker.ts';
import type { Scorer } from '../../core/types.ts';
import type { Reference } from '../../monitor/profile/reference.ts';
import type { Leave } from '../../monitor/scored-rows.ts';
import type { Live } from '../../serving/live.ts';
import { STABLE } from '../../serving/route.ts';
import type { StreamDeployment } from './deployment.ts';
import { type Outcome, type PredictedEvent, predict } from './predict.ts';
import type { Made, PredictionSink } from './prediction-sink.ts';
import type { Maker } from './rolled.ts';
import type { StreamRollout, StreamTurn } from './rollout.ts';
import type { ShadowedBatch, StreamShadow } from './shadow.ts';
import { createSlots } from './slots.ts';

/** A micro-batch, scored. */
export interface MicroBatch extends Made {
  readonly outcome: Outcome;
  /** What its stable version is, and who else has answered. */
  readonly maker: Scorer;
  readonly position: number;
  readonly events: number;
  /** The time of the oldest event, in milliseconds since the epoch. */
  readonly oldest: number;
  readonly shadowed: ShadowedBatch | undefined;
  readonly turn: StreamTurn | undefined;
  readonly scoringMs: number;
}

export interface WorkOptions {
  readonly deployment: StreamDeployment;
  readonly live: Pick<Live<Scorer>, 'use'>;
  readonly sink?: PredictionSink | undefined;
  readonly leave?: Leave | undefined;
  readonly shadow?: StreamShadow | undefined;
  readonly rollout?: Pick<StreamRollout, 'turn'> | undefined;
  /** What the training data of what has answered looked like, where its package says. */
  readonly referenceOf: (maker: object) => Reference | undefined;
}

/** Places of a micro-batch by who has answered them: few, and one alone where there is no rollout. */
const byMaker = ({ outcome, maker }: MicroBatch): ReadonlyMap<Maker, readonly number[]> => {
  const { makers, answers } = outcome.scored;
  const { manifest, digest } = maker;
  const places = [...answers.keys()];
  if (makers === undefined) return new Map([[{ manifest, digest, variant: STABLE, experiment: undefined }, places]]);
  const parts = new Map<Maker, number[]>();
  const known = new Map<string, Maker>();
  for (const at of places) {
    const one = known.get(makers[at].variant) ?? makers[at];
    known.set(one.variant, one);
    const part = parts.get(one) ?? [];
    part.push(at);
    parts.set(one, part);
  }
  return parts;
};

/** Once the events are done, so that each has one record, under the name of its deployment and its own. */
const leaveRecords = (
  leave: Leave,
  { name, model: ref }: StreamDeployment,
  scored: MicroBatch,
  referenceOf: WorkOptions['referenceOf'],
): void => {
  const { outcome, scoringMs, oldest, maker: stable } = scored;
  const { ids, rows, answers, makers } = outcome.scored;
  const delayMs = Date.now() - oldest;
  for (const [{ manifest, digest, variant, experiment }, places] of byMaker(scored)) {
    const { name: modelName, version } = manifest;
    const reference = digest === stable.digest ? referenceOf(stable) : undefined;
    const model = { ref, deployment: name, name: modelName, version, digest, manifest, reference, variant, experiment };
    const content =
      makers === undefined
        ? { rows, answers }
        : { rows: places.map((at) => rows[at]), answers: places.map((at) => answers[at]) };
    leave({ model, ms: scoringMs, delayMs, idOf: (row) => `${name}/${ids[places[row]]}`, content });
  }
};

/** A table is written by one version at a time. */
const writeAll = async (sink: PredictionSink, { outcome, maker, time, turn }: MicroBatch): Promise<void> => {
  const { predictions } = outcome;
  const write = async (made: Made['maker'], own: readonly PredictedEvent[]): Promise<void> => {
    if (own.length > 0) await sink.write(own, { maker: made, time });
  };
  if (turn?.candidate === undefined) return write(maker, predictions);
  const { candidate } = turn;
  await write(
    maker,
    predictions.filter(({ digest }) => digest !== candidate.digest),
  );
  await write(
    candidate,
    predictions.filter(({ digest }) => digest === candidate.digest),
  );
};

type OnCommitted = (scored: MicroBatch) => void;

/** `onCommitted` is told of each micro-batch once it is. The work of all partitions shares the slots of the deployment. */
export const createWork = ({ deployment, live, sink, leave, shadow, rollout, referenceOf }: WorkOptions) => {
  const { size, delayMs, concurrency } = deployment;
  const slots = createSlots(concurrency);

  const score = ({ events, position }: EventBatch): Promise<MicroBatch> =>
    slots.run(() =>
      live.use(async (scorer): Promise<MicroBatch> => {
        const began = performance.now();
        const time = new Date().toISOString();
        const turn = rollout?.turn(scorer);
        const predicting = predict(events, { deployment, scorer, variant: STABLE, rolled: turn?.rolled, time });
        const beside = turn?.shadow ?? shadow;
        const shadowing = beside?.predict(events, time);
        const outcome = await predicting;
        const scoringMs = performance.now() - began;
        const its = await shadowing;
        turn?.compare(outcome, its);
        const shadowed = beside?.beside(outcome, its);
        const oldest = events[0]?.at ?? Date.now();
        return { outcome, shadowed, turn, position, scoringMs, time, maker: scorer, events: events.length, oldest };
      }),
    );
  const commit = async (partition: AssignedPartition, scored: MicroBatch, onCommitted: OnCommitted): Promise<void> => {
    const { outcome, shadowed, position } = scored;
    // The sink comes first: should the commit fail, the same rows are written again, and change nothing.
    if (sink && outcome.predictions.length > 0) await writeAll(sink, scored);
    await partition.commit(position, shadowed ? [...outcome.events, ...shadowed.events] : outcome.events);
    if (leave) leaveRecords(leave, deployment, scored, referenceOf);
    scored.turn?.count();
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
