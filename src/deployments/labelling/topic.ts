/** Labels that come by a topic: events are joined as rows of a table are, and the group moves on once they are in the store. */
import { consumeAttended } from '../../brokers/attended.ts';
import type { AssignedPartition, Broker, StreamEvent } from '../../brokers/broker.ts';
import type { Problem } from '../../core/errors.ts';
import { readEvent } from '../../events/cloud-event.ts';
import { originOf, toDeadLetter } from '../../events/dead-letters.ts';
import { keyText } from '../../monitor/labels/label-key.ts';
import type { Labelling, LabellingCounts, ToldLabel } from '../../monitor/labels/labels.ts';
import type { LabelsMeant } from './join.ts';

export interface LabelTopicOptions {
  readonly deployment: string;
  readonly topic: string;
  readonly meant: LabelsMeant;
  readonly broker: Broker;
  readonly labels: Labelling;
  readonly clock: () => Date;
  readonly onLabelled: (counts: LabellingCounts) => void;
  readonly onTrouble: (error: unknown) => void;
}

/** Events that are told together. */
const MOST_EVENTS = 500;
const DELAY_MS = 200;
const STALL_MS = 60_000;
const DEAD_LETTERS_MS = 30 * 86_400_000;

const problemWith = (field: string, expected: string, got: string): Problem => ({
  code: 'BAD_EVENT',
  field,
  expected,
  got,
  message: `${field}: expected ${expected}, got ${got}`,
});

type ReadLabel = { readonly label: ToldLabel } | { readonly problem: Problem };

/** One event as a label. */
const labelIn = (event: StreamEvent, { keyColumns, targets }: LabelsMeant): ReadLabel => {
  const { problem, incoming } = readEvent(event);
  if (problem) return { problem };
  const { data } = incoming;
  if (typeof data !== 'object' || data === null) return { problem: problemWith('data', 'an object', typeof data) };
  const row = data as Readonly<Record<string, unknown>>;
  const key = keyText(keyColumns.map((name) => row[name]));
  if (key === undefined) return { problem: problemWith(keyColumns.join(','), 'a text or a number', 'none') };
  const truth = Object.fromEntries(
    targets.flatMap((target) => {
      const value = row[target.truth];
      const output = target.kind === 'labels' ? (target.label ?? target.output) : target.output;
      return value === undefined || value === null ? [] : [[output, value]];
    }),
  );
  if (Object.keys(truth).length > 0) return { label: { key, truth } };
  const wanted = targets.map((target) => target.truth).join(', ');
  return { problem: problemWith(wanted, 'what came true', 'nothing') };
};

/** Joins the group of a deployment's labels. What is no label goes to `<deployment>.labels.dead-letters`. */
export const consumeLabels = async (options: LabelTopicOptions) => {
  const { deployment, topic, meant, broker, labels, clock, onLabelled, onTrouble } = options;
  const deadLetters = `${deployment}.labels.dead-letters`;
  const replay = `${deployment}.labels.replay`;
  await broker.ensureTopic(topic);
  await broker.ensureTopic(deadLetters, { partitions: 1, retentionMs: DEAD_LETTERS_MS });
  const work = async (partition: AssignedPartition, { advanced }: { readonly advanced: () => void }): Promise<void> => {
    while (!partition.signal.aborted) {
      const { events, position } = await partition.take(MOST_EVENTS, DELAY_MS);
      if (partition.signal.aborted) return;
      const read = events.map((event) => labelIn(event, meant));
      const told = read.flatMap((one) => ('label' in one ? [one.label] : []));
      const buried = read.flatMap((one, at) => {
        if ('label' in one) return [];
        const origin = originOf(events[at], replay);
        return [toDeadLetter(events[at], deadLetters, { origin, problem: one.problem, deployment })];
      });
      if (told.length > 0) {
        await labels.match(meant.join, clock());
        onLabelled(await labels.tell(meant.join, told, clock()));
      }
      await partition.commit(position, buried);
      advanced();
    }
  };
  const group = {
    group: `${deployment}.labels`,
    topics: [topic],
    start: 'earliest' as const,
    stallMs: STALL_MS,
    onTrouble,
  };
  return consumeAttended(broker, group, work).membership;
};
