/** What a deployment promises: `slo: {latency: 50ms, errors: 0.1 %}`. */

import { parseDuration } from '../../core/duration.ts';
import { type Code, fail } from '../../core/errors.ts';
import { countOf, slowerThan } from '../profile/durations.ts';
import type { Traffic } from '../profile/traffic.ts';

/** As millrace.yaml has it. */
export interface SloSettings {
  /** Within which 99 of 100 calls are answered, or a time for each of these shares. */
  readonly latency?: string | { readonly p95?: string; readonly p99?: string };
  /** Which share of calls may fail: `0.1 %`, or 0.001. */
  readonly errors?: string | number;
}

/** CallCounts, and those that break the promise. */
export interface CallCounts {
  readonly all: number;
  readonly bad: number;
}

/** One promise: of all calls a share, the budget, may break it. */
export interface ServiceObjective {
  /** `errors`, `p95` or `p99`. */
  readonly name: string;
  readonly budget: number;
  /** What is promised, for people: `99 % of calls within 50 ms`. */
  readonly words: string;
  callsOf(traffic: Traffic): CallCounts;
}

/** Failures that are no fault of the caller. */
const FAULTS: ReadonlySet<string> = new Set<Code>([
  'MODEL_FAILED',
  'TRANSFORM_FAILED',
  'BAD_OUTPUT',
  'UNAVAILABLE',
  'QUEUE_FULL',
  'BODIES_FULL',
  'WORKER_LOST',
  'DEADLINE_EXCEEDED',
  'STORE_FAILED',
  'STREAM_FAILED',
  'INTERNAL',
]);

const errorsOf = ({ durations, failed }: Traffic): CallCounts => {
  const bad = Object.entries(failed).reduce((sum, [code, times]) => sum + (FAULTS.has(code) ? times : 0), 0);
  return { all: countOf(durations) + bad, bad };
};

const percent = (share: number): string => `${Number((100 * share).toPrecision(6))} %`;

const within = (name: 'p95' | 'p99', text: string): ServiceObjective => {
  const ms = parseDuration(text, `slo.latency.${name}`);
  const budget = name === 'p95' ? 0.05 : 0.01;
  return {
    name,
    budget,
    words: `${percent(1 - budget)} of calls within ${text}`,
    callsOf: ({ durations }) => ({ all: countOf(durations), bad: slowerThan(durations, ms) }),
  };
};

const shareOf = (errors: string | number): number => {
  const share = typeof errors === 'number' ? errors : Number(errors.replace('%', '')) / 100;
  if (share > 0 && share < 1) return share;
  throw fail('BAD_PROJECT', `${errors} is no share of calls that may fail`, {
    field: 'slo.errors',
    expected: 'more than 0 % and less than 100 %, such as 0.1 %',
    got: `${errors}`,
  });
};

/** @throws MillraceError BAD_PROJECT, naming the setting */
export const objectivesOf = ({ latency = {}, errors }: SloSettings): readonly ServiceObjective[] => {
  const { p95, p99 } = typeof latency === 'string' ? { p99: latency } : latency;
  const found: ServiceObjective[] = [];
  if (errors !== undefined) {
    const budget = shareOf(errors);
    found.push({ name: 'errors', budget, words: `at most ${percent(budget)} of calls fail`, callsOf: errorsOf });
  }
  if (p95 !== undefined) found.push(within('p95', p95));
  if (p99 !== undefined) found.push(within('p99', p99));
  return found;
};
