import { parseDuration } from '../../core/duration.ts';
import { fail } from '../../core/errors.ts';
import type { EventFormat } from '../../events/cloud-event.ts';
import { compileCondition, type Expression } from '../../events/condition.ts';
import { compilePath, type ReadPath } from '../../events/path.ts';
import { recordShare } from '../../project/deployments/record.ts';
import type { StreamSettings } from '../../project/deployments/stream.ts';

/** What a condition over an event may name. */
export const eventVariables = ['data', 'key', 'topic', 'event'] as const;

/** A stream deployment, made ready once. */
export interface StreamDeployment {
  readonly name: string;
  /** The reference of its model. */
  readonly model: string;
  readonly from: readonly string[];
  readonly to: string | undefined;
  /** The reference of what predicts beside it, and the topic that its predictions go to. */
  readonly shadow: { readonly model: string; readonly to: string } | undefined;
  readonly sink: StreamSettings['sink'];
  readonly deadLetters: string;
  /** What becomes of events without a value. */
  readonly tombstones: 'skip' | 'pass' | 'dead-letter';
  /** Where dead letters go to be tried again: a topic of this deployment alone, so that no other sees them twice. */
  readonly replay: string;
  readonly group: string;
  readonly start: 'earliest' | 'latest';
  readonly format: EventFormat;
  readonly partitions: number | undefined;
  readonly concurrency: number;
  /** The most events of a micro-batch. */
  readonly size: number;
  /** How long a micro-batch is gathered. */
  readonly delayMs: number;
  /** The largest event that is taken or made. */
  readonly largestBytes: number;
  /** A partition that waits longer without progress is not ready. */
  readonly stallMs: number;
  /** Milliseconds that an event may take of a model that is not known to be safe. */
  readonly rowMs: number;
  /** Which part of the events leaves a record, from 0 to 1. */
  readonly record: number;
  readonly keyOf: ReadPath | undefined;
  readonly inputOf: ReadPath;
  readonly filter: Expression<boolean> | undefined;
}

/**
 * Makes the settings of a deployment ready.
 *
 * @throws BAD_PROJECT for a path, condition or duration that cannot be read, or when nothing is written.
 */
export const prepareStream = (name: string, settings: StreamSettings): StreamDeployment => {
  const { model, from, to, shadow, sink, key, input = '$', filter, batch = {} } = settings;
  if (to === undefined && sink === undefined) {
    throw fail('BAD_PROJECT', `The deployment '${name}' writes its predictions nowhere`, {
      field: `deployments.${name}`,
      expected: `'to', 'sink' or both`,
      got: 'neither',
    });
  }
  if (to === undefined && settings.tombstones === 'pass') {
    throw fail('BAD_PROJECT', `The deployment '${name}' has no topic that tombstones could pass on to`, {
      field: `deployments.${name}.tombstones`,
      expected: `'to', or tombstones: skip`,
      got: 'pass',
    });
  }
  if (to === undefined && shadow !== undefined) {
    throw fail('BAD_PROJECT', `The deployment '${name}' has no topic beside which a shadow could predict`, {
      field: `deployments.${name}.shadow`,
      expected: `'to': a shadow predicts to <to>.shadow`,
      got: 'no to',
    });
  }
  const field = (setting: string): string => `deployments.${name}.${setting}`;
  return Object.freeze({
    name,
    model,
    from: typeof from === 'string' ? [from] : from,
    to,
    shadow: shadow === undefined ? undefined : { model: shadow, to: `${to}.shadow` },
    sink,
    deadLetters: settings.deadLetters ?? `${name}.dead-letters`,
    tombstones: settings.tombstones ?? 'dead-letter',
    replay: `${name}.replay`,
    group: settings.group ?? `millrace-${name}`,
    start: settings.start ?? 'earliest',
    format: settings.format ?? 'structured',
    partitions: settings.partitions,
    concurrency: settings.concurrency ?? 4,
    size: batch.size ?? 500,
    delayMs: parseDuration(batch.delay ?? '0s', field('batch.delay')),
    largestBytes: settings.largest ?? 900_000,
    stallMs: parseDuration(settings.stall ?? '30s', field('stall')),
    rowMs: parseDuration(settings.timeout ?? '10s', field('timeout')),
    record: recordShare(settings.record),
    keyOf: key === undefined ? undefined : compilePath(key, field('key')),
    inputOf: compilePath(input, field('input')),
    filter: filter === undefined ? undefined : compileCondition(filter, eventVariables, field('filter')),
  });
};
