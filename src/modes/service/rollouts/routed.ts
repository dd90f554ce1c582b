/**
 * Answers rows while there is a rollout: those of the candidate's units by the candidate, all others by the stable version. What the
 * candidate cannot answer is answered by the stable one, and counts against the candidate: no caller is worse off for a rollout.
 */
import { type Code, problemOf } from '../../../core/errors.ts';
import type { Answer } from '../../../core/types.ts';
import type { Answered, RowContent } from '../../../monitor/answered.ts';
import { bucketOf } from '../../../serving/bucket.ts';
import { ALL_BAD, type Bad, badOf, NOTHING_BAD } from '../../../serving/rollouts/bad.ts';
import { unitOf, unitOfRequest } from '../../../serving/rollouts/unit.ts';
import { CANDIDATE, STABLE, type Variant, variantOf } from '../../../serving/route.ts';
import type { Call, Predicted, RowCall } from '../calls.ts';
import { coercedRows, rows as rowForm } from '../forms.ts';
import type { Card, Model } from '../model.ts';
import { besideUnread, placesBeside } from '../unread.ts';
import type { ActiveRollout } from './routing.ts';
import type { ShadowedCall } from './shadowed.ts';

export type Active = ActiveRollout<Model>;

/** Which variant a row is meant for, and by which unit; the unit is undefined where it has none. */
export interface Meant {
  readonly variant: Variant;
  readonly unit: string | undefined;
}

export const meantOf = ({ id, share }: Active, unit: string | undefined): Meant =>
  unit === undefined ? { variant: STABLE, unit } : { variant: variantOf(bucketOf(id, unit), share), unit };

/** One for all rows of a call, unless each row has its own. A row without a unit is answered by the stable version. */
export const meantBy = (active: Active, call: Pick<Call, 'id' | 'headers'>): Meant | undefined => {
  const { id, share, unit } = active;
  if (unit === undefined) return { variant: variantOf(bucketOf(id, call.id), share), unit: undefined };
  return unit.from === 'field' ? undefined : meantOf(active, unitOfRequest(unit, call.headers));
};

const meantByRow = (active: Active, row: unknown): Meant => {
  const { unit } = active;
  const isObject = typeof row === 'object' && row !== null && unit !== undefined && Object.hasOwn(row, unit.name);
  return meantOf(active, isObject ? unitOf((row as Readonly<Record<string, unknown>>)[unit.name]) : undefined);
};

interface Asked {
  readonly answers: readonly Answer[];
  readonly ms: number;
}

export interface RoutedOptions {
  /** As the dataplane tells of answered calls. */
  readonly onAnswered: ((answered: Answered) => Promise<void> | undefined) | undefined;
  /** Milliseconds that a call may take whose caller says nothing. */
  readonly timeoutMs: number;
  /** Counts an answered part of a call; a row that could not be read. */
  readonly count: (model: Card, ms: number, answers: readonly Answer[], whole?: boolean) => void;
  readonly refused: (model: Card, code: Code) => void;
}

const ask = async (model: Model, rows: readonly unknown[], call: RowCall, deadline?: number): Promise<Asked> => {
  const since = performance.now();
  const { bytes, caller, coerce = false } = call;
  const form = coerce ? coercedRows : rowForm;
  const work = { form, input: rows, rows: rows.length, bytes, deadline: deadline ?? call.deadline, since, caller };
  const { output, run } = await model.batcher.submit(work);
  return { answers: output, ms: run.ended - since };
};

const pick = <T>(values: readonly T[], at: readonly number[]): readonly T[] =>
  at.length === values.length ? values : at.map((one) => values[one]);

/** What came of the candidate's rows: what it answered, by their places. */
interface Tried {
  readonly answers: ReadonlyMap<number, Answer>;
  readonly ms: number;
  readonly bad: Bad;
}

/** The candidate has half of the time that is left, so that the stable version can still answer in its place. @throws CANCELLED */
const tryCandidate = async (
  { candidate }: Active,
  rows: readonly unknown[],
  at: readonly number[],
  call: RowCall,
  timeoutMs: number,
): Promise<Tried> => {
  const began = performance.now();
  const half = began + ((call.deadline ?? began + timeoutMs) - began) / 2;
  try {
    const { answers, ms } = await ask(candidate, pick(rows, at), call, half);
    const bad = badOf(answers, Object.keys(candidate.manifest.outputs));
    const given = at.map((row, one) => [row, answers[one]] as const).filter(([, { error }]) => error === undefined);
    return { answers: new Map(given), ms, bad };
  } catch (error) {
    if (problemOf(error).code === 'CANCELLED') throw error;
    return { answers: new Map(), ms: performance.now() - began, bad: ALL_BAD };
  }
};

/** Cards of stable versions within their rollouts, made once. */
const stables = new WeakMap<Active, Card>();
export const stableIn = (active: Active, model: Model): Card => {
  let card = stables.get(active);
  if (card === undefined) {
    card = { ...model, experiment: active.experiment };
    stables.set(active, card);
  }
  return card;
};

const unitsAt = (meants: readonly Meant[], at: readonly number[]): readonly string[] => [
  ...new Set(at.flatMap((one) => meants[one].unit ?? [])),
];

/** Rows by whom they are meant for. */
interface Assigned {
  readonly meants: readonly Meant[];
  readonly own: readonly number[];
  readonly others: readonly number[];
}

const IN_SHADOW: Meant = { variant: STABLE, unit: undefined };

const assign = (active: Active, rows: readonly unknown[], call: RowCall): Assigned => {
  const one = active.share === 0 ? IN_SHADOW : meantBy(active, call);
  const meants = rows.map((row) => one ?? meantByRow(active, row));
  const all = [...rows.keys()];
  const isBy = (variant: Variant) => (at: number) => meants[at].variant === variant;
  return { meants, own: all.filter(isBy(STABLE)), others: all.filter(isBy(CANDIDATE)) };
};

/** What has no unit, though there are units, is no part of the rollout and is not counted. */
const count = (
  { unit, tally }: Active,
  variant: Variant,
  { ms, bad }: Pick<Tried, 'ms' | 'bad'>,
  meants: readonly Meant[],
  at: readonly number[],
): void => {
  const units = unitsAt(meants, at);
  if (unit === undefined || units.length > 0) tally.add(variant, { rows: at.length, ms, bad, units });
};

const NOTHING: Asked = { answers: [], ms: 0 };
const NOT_TRIED: Tried = { answers: new Map(), ms: 0, bad: NOTHING_BAD };

const together = (at: readonly number[], answers: readonly Answer[]): readonly (readonly [number, Answer])[] =>
  at.map((row, one) => [row, answers[one]]);

/** The rows of a call that one version answered. */
interface KeptPart {
  readonly model: Card;
  readonly rows: readonly unknown[];
  readonly answers: readonly Answer[];
  readonly ms: number;
  /** Their places among the rows of the call; undefined when they are all of it. */
  readonly at: readonly number[] | undefined;
}

/** As records and events have it: a part of a call keeps the numbers of its rows. */
const contentOf = ({ rows, answers, at }: KeptPart, { json, unread, coerce }: RowCall, all: number): RowContent => {
  const numbered = unread && placesBeside(unread, all);
  const places = at === undefined ? numbered : at.map((row) => numbered?.[row] ?? row);
  return { rows, answers, coerced: coerce, json: at === undefined ? json : undefined, places };
};

export const createRouted = ({ onAnswered, count: countRows, refused, timeoutMs }: RoutedOptions) => {
  const askBoth = async (active: Active, model: Model, rows: readonly unknown[], call: RowCall) => {
    const { meants, own, others } = assign(active, rows, call);
    const [answered, tried] = await Promise.all([
      own.length > 0 ? ask(model, pick(rows, own), call) : NOTHING,
      others.length > 0 ? tryCandidate(active, rows, others, call, timeoutMs) : NOT_TRIED,
    ]);
    let shadowed: Omit<ShadowedCall, 'answered'> | undefined;
    if (own.length > 0) {
      const bad = badOf(answered.answers, Object.keys(model.manifest.outputs));
      if (active.shadow === undefined) count(active, STABLE, { ms: answered.ms, bad }, meants, own);
      else shadowed = { rows, ...answered, bad, coerce: call.coerce ?? false };
    }
    if (others.length > 0) count(active, CANDIDATE, tried, meants, others);
    const left = others.filter((at) => !tried.answers.has(at));
    const instead = left.length > 0 ? await ask(model, pick(rows, left), call) : NOTHING;
    return {
      tried: tried.answers,
      shadowed,
      /** Whether the answer of a row counts for who gave it: it has a unit where there are some, and nobody else should have answered. */
      isOf: (at: number): boolean =>
        tried.answers.has(at) ||
        (meants[at].variant === STABLE &&
          (active.share === 0 || active.unit === undefined || meants[at].unit !== undefined)),
      given: new Map([...tried.answers, ...together(own, answered.answers), ...together(left, instead.answers)]),
    };
  };

  const keep = async (part: KeptPart, call: RowCall, all: number): Promise<Answered> => {
    const { model, answers, ms } = part;
    const { id, deadline, span, whole } = call;
    const answered = { id, model, ms, traceparent: span?.traceparent, deadline, content: contentOf(part, call, all) };
    await onAnswered?.(answered);
    countRows(model, ms, answers, whole);
    return answered;
  };

  return async (active: Active, model: Model, rows: readonly unknown[], call: RowCall): Promise<Predicted> => {
    const began = performance.now();
    const { tried, given, shadowed, isOf } = await askBoth(active, model, rows, call);
    const all = [...rows.keys()];
    const answers = all.map((at) => given.get(at) as Answer);
    const ms = performance.now() - began;
    const variants = all.map((at) => (tried.has(at) ? CANDIDATE : STABLE));
    const cards = { stable: stableIn(active, model), candidate: active.candidate };
    // What is no part of the rollout is kept as if there were none.
    for (const card of [cards.stable, cards.candidate, model]) {
      const at = all.filter((row) => (isOf(row) ? cards[variants[row]] : model) === card);
      if (at.length === 0) continue;
      const places = at.length === all.length ? undefined : at;
      const part = { model: card, rows: pick(rows, at), answers: pick(answers, at), ms, at: places };
      const answered = await keep(part, call, all.length);
      if (shadowed !== undefined) active.shadow?.offer({ ...shadowed, answered });
    }
    const { experiment } = active;
    const { unread } = call;
    if (unread === undefined) return { answers, ms, routed: { experiment, cards, variants } };
    for (const { code } of unread.values()) refused(cards.stable, code);
    const told = besideUnread(unread, variants, () => STABLE);
    return {
      answers: besideUnread(unread, answers, (error) => ({ error })),
      ms,
      routed: { experiment, cards, variants: told },
    };
  };
};
