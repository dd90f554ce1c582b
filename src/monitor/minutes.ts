/**
 * What was answered, counted minute by minute: a profile of each package that has a reference, on the bins of that. Rows are
 * counted where they are answered, as that costs less than to hand them to a thread.
 *
 * Invariants: a row is counted in the minute in which it was answered, and each minute is told once.
 */
import { invariant } from '../core/invariant.ts';
import type { Answered, Answerer } from './answered.ts';
import { type Gathering, startGathering } from './profile/gathering.ts';
import type { Profile } from './profile/profile.ts';
import { binsOf, type Reference } from './profile/reference.ts';

/** What one package answered within a minute. */
export interface MinuteProfile {
  /** Its number among those that the thread was told of. */
  readonly model: number;
  /** When the minute began, in milliseconds since the epoch. */
  readonly at: number;
  readonly rows: number;
  /** Those of them that were refused. */
  readonly refused: number;
  readonly inputs: Profile;
  readonly outputs: Profile;
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
  /** Tells of all that was counted. */
  flush(): void;
}

/** A minute that is not over. */
interface OpenMinute {
  readonly at: number;
  readonly inputs: Gathering;
  readonly outputs: Gathering;
  rows: number;
  refused: number;
}

const MINUTE_MS = 60_000;
/** Past the end of a minute, so that a timer that is early does not miss it. */
const LATE_MS = 50;

const openMinute = (at: number, { manifest }: Answerer, { inputs, outputs }: Reference): OpenMinute => ({
  at,
  inputs: startGathering(manifest.inputs, binsOf(manifest.inputs, inputs, {})),
  outputs: startGathering(manifest.outputs, binsOf(manifest.outputs, outputs, {})),
  rows: 0,
  refused: 0,
});

const isObject = (row: unknown): row is Readonly<Record<string, unknown>> => typeof row === 'object' && row !== null;

const countContent = (minute: OpenMinute, { content }: Answered): void => {
  const { inputs, outputs } = minute;
  if ('rows' in content) {
    const { rows, answers } = content;
    for (let at = 0; at < rows.length; at++) {
      const row = rows[at];
      const { output } = answers[at];
      inputs.addRow(isObject(row) ? row : undefined);
      outputs.addRow(output);
      if (output === undefined) minute.refused++;
    }
    minute.rows += rows.length;
    return;
  }
  const { columns, answers } = content;
  inputs.addColumns(columns);
  outputs.addColumns(answers.columns);
  minute.rows += answers.rows;
  minute.refused += answers.errors.size;
};

export const createMinutes = ({ numberOf, onMinute, clock = Date.now }: MinutesOptions): Minutes => {
  /** By the number of the package. */
  const open = new Map<number, OpenMinute>();
  let timer: NodeJS.Timeout | undefined;

  const end = (model: number, { at, rows, refused, inputs, outputs }: OpenMinute): void => {
    open.delete(model);
    onMinute({ model, at, rows, refused, inputs: inputs.profile(0), outputs: outputs.profile(refused) });
  };
  const endAll = (): void => {
    clearTimeout(timer);
    timer = undefined;
    for (const [model, minute] of open) end(model, minute);
    invariant(open.size === 0, 'a minute that was told is not counted on');
  };
  const begin = (model: Answerer, reference: Reference, number: number, now: number): OpenMinute => {
    const at = now - (now % MINUTE_MS);
    const minute = openMinute(at, model, reference);
    open.set(number, minute);
    timer ??= setTimeout(endAll, at + MINUTE_MS + LATE_MS - now).unref();
    return minute;
  };
  return {
    count(answered) {
      const { model } = answered;
      const { reference } = model;
      if (reference === undefined) return;
      const number = numberOf(model);
      const now = clock();
      let minute = open.get(number);
      if (minute !== undefined && (now < minute.at || now >= minute.at + MINUTE_MS)) {
        end(number, minute);
        minute = undefined;
      }
      minute ??= begin(model, reference, number, now);
      countContent(minute, answered);
    },
    flush: endAll,
  };
};
