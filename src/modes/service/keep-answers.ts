/** What becomes of an answer beside its caller's copy. One that waits to be published, and is not, was not given: there is no record of it. */
import { fail, type MillraceError } from '../../core/errors.ts';
import type { Answered } from '../../monitor/answered.ts';
import type { Counter } from '../../monitor/counter.ts';
import type { Recorder } from '../../monitor/recorder.ts';
import type { DataplaneOptions } from './dataplane.ts';
import { inTime } from './in-time.ts';
import type { Limits } from './limits.ts';
import type { Publishing } from './publish/publishing.ts';

const notRecorded = (): MillraceError =>
  fail('STORE_FAILED', 'The answer is not given, as it was not recorded in time; it may be recorded later.', {
    expected: 'a record of each answer',
  });

export interface Keepers {
  readonly recorder?: Pick<Recorder, 'record'> | undefined;
  /** Who counts all answers, whether they are recorded or not. */
  readonly counter?: Pick<Counter, 'count'> | undefined;
  readonly publishing?: Pick<Publishing, 'publish'> | undefined;
}

/** Publishes, counts and records each answer; undefined where nobody does. */
export const keepAnswers = (
  { recorder, counter, publishing }: Keepers,
  { timeoutMs }: Pick<Limits, 'timeoutMs'>,
): DataplaneOptions['onAnswered'] => {
  if (recorder === undefined && counter === undefined && publishing === undefined) return undefined;
  const record = (answered: Answered): Promise<void> | undefined => {
    counter?.count(answered);
    const recorded = recorder?.record(answered);
    if (recorded === undefined) return undefined;
    const now = performance.now();
    // A little earlier than the caller gives up, who is to hear why.
    const leftMs = ((answered.deadline ?? now + timeoutMs) - now) * 0.9;
    return inTime(recorded, now + leftMs, notRecorded);
  };
  return (answered) => {
    const acknowledged = publishing?.publish(answered);
    return acknowledged === undefined ? record(answered) : acknowledged.then(() => record(answered));
  };
};
