import type { NewEvent, StreamEvent } from '../../brokers/broker.ts';
import { type Code, type Problem, problemOf } from '../../core/errors.ts';
import type { Answer, Scorer } from '../../core/types.ts';
import { type Attributes, readEvent, writeEvent } from '../../events/cloud-event.ts';
import { type Origin, originOf, toDeadLetter } from '../../events/dead-letters.ts';
import { type KeyJson, keyAttributes, keyJson, keyVariable, noKey, readKey, tooLarge } from '../../events/key.ts';
import type { Variant } from '../../serving/route.ts';
import type { StreamDeployment } from './deployment.ts';
import type { Maker, RolledBatch } from './rolled.ts';

/** What became of a micro-batch. */
export interface Outcome {
  /** Predictions and tombstones that are passed on, in the order of their events, and dead letters. */
  readonly events: readonly NewEvent[];
  readonly predictions: readonly PredictedEvent[];
  readonly filtered: number;
  /** Tombstones, by what was done with them. */
  readonly skipped: number;
  readonly passed: number;
  /** Dead letters by the code of their problem. */
  readonly dead: ReadonlyMap<Code, number>;
  /** All that was scored: what events are called, their inputs and their answers. */
  readonly scored: {
    readonly ids: readonly string[];
    readonly rows: readonly unknown[];
    readonly answers: readonly Answer[];
    /** Who has given each; undefined where one version has given all. */
    readonly makers: readonly Maker[] | undefined;
  };
}

/** The data of an event of predictions. */
export interface PredictedEvent {
  /** The id of the event: the same whenever the same input is predicted by the same deployment. */
  readonly id: string;
  readonly key: KeyJson | null;
  readonly deployment: string;
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  readonly prediction: NonNullable<Answer['output']>;
  /** Where the input stood, and what it called itself. */
  readonly event: Origin & { readonly id?: string; readonly source?: string };
}

/** One event on its way: what could be read of it, or what is wrong with it. */
interface Read {
  readonly event: StreamEvent;
  readonly origin: Origin;
  readonly key: Uint8Array | null;
  readonly cloudEvent: Attributes | undefined;
  readonly input: unknown;
}

/** An event without a value: where a topic is compacted, all before it of its key are deleted. */
interface Tombstone {
  readonly tombstone: Uint8Array | null;
}

/** What a deployment that expects tombstones makes of one: it has nothing in it to be filtered or predicted. */
const readTombstone = ({ key }: StreamEvent, { tombstones }: StreamDeployment): Tombstone | Problem => {
  // A compacted topic takes none without a key, and the transaction would fail again and again.
  if (tombstones === 'pass' && key === null) return { ...noKey, message: 'The tombstone has no key to pass on' };
  return { tombstone: key };
};

/** The problem of an event, or what was read of it, or undefined when it is not for this deployment. */
const read = (
  event: StreamEvent,
  deployment: StreamDeployment,
  origin: Origin,
): Read | Tombstone | Problem | undefined => {
  if (event.value === null && deployment.tombstones !== 'dead-letter') return readTombstone(event, deployment);
  const { largestBytes, keyOf, inputOf, filter } = deployment;
  const large = tooLarge(event, largestBytes);
  if (large) return large;
  const { problem, incoming } = readEvent(event);
  if (problem) return problem;
  const { data, cloudEvent } = incoming;
  const key = readKey(event, incoming, keyOf);
  if (filter) {
    const passed = filter({ data, key: keyVariable(key), topic: origin.topic, event: cloudEvent ?? {} });
    if (passed.problem) return passed.problem;
    if (!passed.value) return undefined;
  }
  if (keyOf !== undefined && key === null) return noKey;
  const input = inputOf(data);
  if (input === undefined) {
    return { code: 'BAD_EVENT', message: 'The event has no input where the deployment looks for it', field: 'input' };
  }
  return { event, origin, key, cloudEvent, input };
};

const isProblem = (one: Read | Tombstone | Problem): one is Problem => 'code' in one;

/** Answers for all rows; should the scorer itself fail, each row is tried alone, so that one cannot stop the others. */
export const scoreEach = async (scorer: Scorer, rows: readonly unknown[]): Promise<readonly Answer[]> => {
  if (rows.length === 0) return [];
  try {
    return await scorer.score(rows);
  } catch (error) {
    const { code } = problemOf(error);
    // That nobody is there to score says nothing of the rows: they are tried again.
    if (code === 'UNAVAILABLE' || (code === 'WORKER_LOST' && rows.length === 1)) throw error;
    if (rows.length === 1) return [{ error: { ...problemOf(error), code: 'MODEL_FAILED' } }];
    const answers: Answer[] = [];
    for (const row of rows) answers.push(...(await scoreEach(scorer, [row])));
    return answers;
  }
};

const positionId = ({ topic, partition, offset }: Origin): string => `${topic}/${partition}/${offset}`;

export interface PredictOptions {
  readonly deployment: StreamDeployment;
  readonly scorer: Scorer;
  /** What the scorer is to the rows that it answers. */
  readonly variant: Variant;
  /** The rollout of which it is a part, in the shadow. */
  readonly experiment?: string | undefined;
  /** A rollout, whose candidate answers some of the events. */
  readonly rolled?: RolledBatch | undefined;
  /** ISO 8601 */
  readonly time: string;
}

/** Events in, predictions and dead letters out; nothing else happens here. */
export const predict = async (
  events: readonly StreamEvent[],
  { deployment, scorer, variant, experiment, rolled, time }: PredictOptions,
): Promise<Outcome> => {
  const { name, to, deadLetters, replay, format, largestBytes, tombstones } = deployment;
  const { manifest, digest } = scorer;
  const own: Maker = { manifest, digest, variant, experiment };
  const model = `${manifest.name}@${manifest.version}`;
  const source = `/millrace/${name}`;
  /** A place for each row and tombstone, in their order. */
  const out: (NewEvent | undefined)[] = [];
  const buried: NewEvent[] = [];
  const dead = new Map<Code, number>();
  const predictions: PredictedEvent[] = [];

  const bury = (event: StreamEvent, origin: Origin, problem: Problem): void => {
    buried.push(toDeadLetter(event, deadLetters, { origin, problem, deployment: name, model }));
    dead.set(problem.code, (dead.get(problem.code) ?? 0) + 1);
  };

  const rows: (Read & { readonly place: number })[] = [];
  let filtered = 0;
  let skipped = 0;
  let passed = 0;
  for (const event of events) {
    const origin = originOf(event, replay);
    const found = read(event, deployment, origin);
    if (found === undefined) filtered++;
    else if (isProblem(found)) bury(event, origin, found);
    else if (!('tombstone' in found)) rows.push({ ...found, place: out.push(undefined) - 1 });
    else if (tombstones === 'skip' || to === undefined) skipped++;
    else {
      out.push({ topic: to, key: found.tombstone, value: null });
      passed++;
    }
  }

  const inputs = rows.map(({ input }) => input);
  const ids = rows.map(({ cloudEvent, origin }) =>
    cloudEvent ? `${cloudEvent.source}/${cloudEvent.id}` : positionId(origin),
  );
  const { answers, makers } = rolled
    ? await rolled.answer(rows.map(({ event, key, input }, at) => ({ id: ids[at], event, key, input })))
    : { answers: await scoreEach(scorer, inputs), makers: undefined };
  for (const [i, { event, origin, key, cloudEvent, place }] of rows.entries()) {
    const { output, error } = answers[i];
    if (error) {
      bury(event, origin, error);
      continue;
    }
    const id = ids[i];
    const maker = makers?.[i] ?? own;
    const data = {
      key: key && keyJson(key),
      deployment: name,
      model: maker.manifest.name,
      version: maker.manifest.version,
      digest: maker.digest,
      prediction: output,
      event: {
        topic: origin.topic,
        partition: origin.partition,
        offset: origin.offset,
        ...(cloudEvent && { id: cloudEvent.id, source: cloudEvent.source }),
      },
    };
    if (to !== undefined) {
      const attributes = {
        specversion: '1.0',
        id,
        source,
        type: 'millrace.prediction',
        ...keyAttributes(key),
        time,
        variant: maker.variant,
        experiment: maker.experiment,
        traceparent: cloudEvent?.traceparent,
        tracestate: cloudEvent?.tracestate,
      };
      const written = writeEvent({ topic: to, key, attributes, data }, format);
      if ((written.value?.length ?? 0) > largestBytes) {
        bury(event, origin, { code: 'TOO_LARGE', message: `The prediction has ${written.value?.length} bytes` });
        continue;
      }
      out[place] = written;
    }
    predictions.push({ id, ...data });
  }
  const scored = { ids, rows: inputs, answers, makers };
  const written = out.filter((one) => one !== undefined);
  return { events: [...written, ...buried], predictions, filtered, skipped, passed, dead, scored };
};
