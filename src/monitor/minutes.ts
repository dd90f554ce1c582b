/**
 * What was answered, counted minute by minute, of each package: how much, how long it took, what was refused, and, where the package
 * has a reference, a profile on the bins of that. Rows are counted where they are answered, as that costs less than to hand them to a thread.
 *
 * Invariants: a row is counted in the minute in which it was answered, and each minute is told once.
 */
import type { Code } from '../core/errors.ts';
import { invariant } from '../core/invariant.ts';
import type { Answered, Answerer } from './answered.ts';
import { type Gathering, startGathering } from './profile/gathering.ts';
import { binsOf, type Reference } from './profile/reference.ts';
import { startTraffic, type TrafficCounting } from './profile/traffic.ts';
import type { Counted } from './profiles/counted.ts';

/** What one package answered within a minute. */
export interface MinuteProfile extends Counted {
  /** Its number among those that the thread was told of. */
  readonly model: number;
  /** When the minute began, in milliseconds since the epoch. */
  readonly at: number;
}

export interface MinutesOptions {
  readonly numberOf: (model: Answerer) => number;
  readonly onMinute: (minute: MinuteProfile) => void;
  /** Milliseconds since the epoch. */
  readonly clock?: (() => number) | undefined;
}

export interface Minutes {
  /** Counts a call of few rows. */
  count(answered: Answered): void;
  /** Counts a call that failed as a whole. */
  failed(model: Answerer, code: Code): void;
  /** Tells of all that was counted. */
  flush(): void;
}

/** A minute that is not over. */
interface OpenMinute {
  readonly at: number;
  readonly inputs: Gathering;
  readonly outputs: Gathering;
  readonly traffic: TrafficCounting;
  rows: number;
  refused: number;
}

const MINUTE_MS = 60_000;
/** Past the end of a minute, so that a timer that is early does not miss it. */
const LATE_MS = 50;

const NO_REFERENCE: Reference = { rows: 0, inputs: {}, outputs: {} };

const openMinute = (at: number, { manifest, reference = NO_REFERENCE }: Answerer): OpenMinute => ({
  at,
  inputs: startGathering(manifest.inputs, binsOf(manifest.inputs, reference.inputs, {})),
  outputs: startGathering(manifest.outputs, binsOf(manifest.outputs, reference.outputs, {})),
  traffic: startTraffic(),
  rows: 0,
  refused: 0,
});

const isObject = (row: unknown): row is Readonly<Record<string, unknown>> => typeof row === 'object' && row !== null;

const countContent = (minute: OpenMinute, { content, ms }: Answered): void => {
  const { inputs, outputs, traffic } = minute;
  traffic.took(ms);
  if ('rows' in content) {
    const { rows, answers } = content;
    for (let at = 0; at < rows.length; at++) {
      const row = rows[at];
      const { output, error } = answers[at];
      inputs.addRow(isObject(row) ? row : undefined);
      outputs.addRow(output);
      if (error === undefined) continue;
      minute.refused++;
      traffic.refused(error);
    }
    minute.rows += rows.length;
    return;
  }
  const { columns, answers } = content;
  inputs.addColumns(columns, answers.rows);
  outputs.addColumns(answers.columns, answers.rows);
  minute.rows += answers.rows;
  minute.refused += answers.errors.size;
  for (const problem of answers.errors.values()) traffic.refused(problem);
};

export const createMinutes = ({ numberOf, onMinute, clock = Date.now }: MinutesOptions): Minutes => {
  /** By the number of the package. */
  const open = new Map<number, OpenMinute>();
  let timer: NodeJS.Timeout | undefined;

  const end = (model: number, minute: OpenMinute): void => {
    open.delete(model);
    const { at, rows, refused, inputs, outputs, traffic } = minute;
    const counted = { inputs: inputs.profile(0), outputs: outputs.profile(refused), traffic: traffic.counts() };
    onMinute({ model, at, rows, refused, ...counted });
  };
  const endAll = (): void => {
    clearTimeout(timer);
    timer = undefined;
    for (const [model, minute] of open) end(model, minute);
    invariant(open.size === 0, 'a minute that was told is not counted on');
  };
  const begin = (model: Answerer, number: number, now: number): OpenMinute => {
    const at = now - (now % MINUTE_MS);
    const minute = openMinute(at, model);
    open.set(number, minute);
    timer ??= setTimeout(endAll, at + MINUTE_MS + LATE_MS - now).unref();
    return minute;
  };
  const minuteOf = (model: Answerer): OpenMinute => {
    const number = numberOf(model);
    const now = clock();
    const minute = open.get(number);
    if (minute !== undefined && now >= minute.at && now < minute.at + MINUTE_MS) return minute;
    if (minute !== undefined) end(number, minute);
    return begin(model, number, now);
  };
  return {
    count(answered) {
      countContent(minuteOf(answered.model), answered);
    },
    failed(model, code) {
      minuteOf(model).traffic.failed(code);
    },
    flush: endAll,
  };
};
