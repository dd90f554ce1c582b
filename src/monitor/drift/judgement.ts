/**
 * The judgement of a window: whether what came in and went out is still what it was.
 *
 *     const baseline = trainingBaseline(reference);                       // baseline.ts: or answeredBaseline(name, profile)
 *     const judgement = judgeWindow(baseline, profile, budgetOf(DAY_MS)); // budget.ts: one false alarm a year
 *     judgement.state                                                     // 'steady' | 'drift' | 'few rows' | 'not compared'
 *     judgement.fields[0]                                                 // predictions first, then inputs; by Holm's p
 *     sentenceOf(judgement, { since, now })                               // sentence.ts: "distance is 0.3 sd higher since Tuesday; …"
 *
 * Every field has one p: the least of its parts', each with its share of the field's chance of a false alarm. Holm's step over all
 * fields, inputs and outputs alike, keeps the chance of any false alarm in a window below `alpha`, whatever fields have to do
 * with each other. An alarm also needs an effect that is worth it. All is plain data, and follows from counts alone: windows
 * that merge are judged as one that was never cut.
 */
import type { FieldProfile } from '../profile/profile.ts';
import type { Baseline, FieldBaseline, ProfiledWindow } from './baseline.ts';
import { type Budget, LEAST_EFFECT, LEAST_ROWS, LEAST_SHARE } from './budget.ts';
import { falseDiscovery, holm } from './holm.ts';
import { type PartJudgement, type Parts, partsOf } from './parts.ts';
import { wordsOf } from './words.ts';

export type FieldState = 'steady' | 'drift' | 'few rows' | 'not compared';
/** Of an effect, in words: below 0.1, 0.3 and 0.5 (J. Cohen, Statistical Power Analysis for the Behavioral Sciences, 1988). */
export type EffectSize = 'none' | 'small' | 'moderate' | 'large';

export interface FieldJudgement {
  readonly field: string;
  readonly is: 'output' | 'input';
  readonly state: FieldState;
  /** Of the field alone, of all fields together, and the share of false ones up to this one. 1 where nothing was compared. */
  readonly p: number;
  readonly holmP: number;
  readonly q: number;
  /** Cohen's w of its shape or labels: about the shift in standard deviations; 0 where that was not compared. */
  readonly effect: number;
  readonly size: EffectSize;
  readonly parts: readonly PartJudgement[];
  /** The part that raised the alarm, else the one with the least p. */
  readonly because?: PartJudgement['what'] | undefined;
  /** What has changed, of a field that drifts: "0.3 sd higher". Empty for others. */
  readonly words: string;
}

export interface Judgement {
  readonly state: FieldState;
  readonly rows: number;
  /** What it was compared with, and how many rows that has. */
  readonly baseline: string;
  readonly baselineRows: number;
  readonly alpha: number;
  readonly leastRows: number;
  /** Outputs first; those that drift before those that do not, then by p. */
  readonly fields: readonly FieldJudgement[];
}

/** A field on its way. */
interface Looked {
  readonly field: string;
  readonly is: FieldJudgement['is'];
  readonly baseline: FieldBaseline;
  readonly profile: FieldProfile;
  readonly found: Parts | undefined;
  readonly p: number;
}

export const sizeOf = (w: number): EffectSize =>
  w < 0.1 ? 'none' : w < 0.3 ? 'small' : w < 0.5 ? 'moderate' : 'large';

const isShape = ({ what }: PartJudgement): boolean => what === 'shape' || what === 'labels';

const lookAt = (
  is: FieldJudgement['is'],
  baselines: Readonly<Record<string, FieldBaseline>>,
  profiles: ProfiledWindow['inputs'],
  leastEffect: number,
): readonly Looked[] =>
  Object.entries(baselines).flatMap(([field, baseline]) => {
    if (!Object.hasOwn(profiles, field)) return [];
    const profile = profiles[field];
    const found = partsOf(baseline, profile, leastEffect);
    const p = Math.min(1, ...(found?.parts ?? []).map((part) => part.p));
    return [{ field, is, baseline, profile, found, p }];
  });

const judgeField = (
  { field, is, baseline, profile, found, p }: Looked,
  { holmP, q, fields }: { readonly holmP: number; readonly q: number; readonly fields: number },
  isFew: boolean,
  { alpha, leastEffect = LEAST_EFFECT, leastShare = LEAST_SHARE }: Budget,
): FieldJudgement => {
  const known = { field, is, p, holmP, q };
  if (found === undefined) {
    return { ...known, state: 'not compared', effect: 0, size: 'none', parts: [], words: '' };
  }
  const { parts } = found;
  const effect = parts.find(isShape)?.effect ?? 0;
  const ordered = parts.toSorted((a, b) => a.p - b.p);
  const isWorthIt = (part: PartJudgement): boolean =>
    isShape(part) ? part.effect >= leastEffect : Math.abs(part.effect) >= leastShare;
  // The least p has the field's place in Holm's order; another part of the field counts as if it came first.
  const surely = ordered.filter((part, at) => Math.max(holmP, at === 0 ? 0 : part.p * fields) <= alpha);
  const raised = isFew ? undefined : surely.find(isWorthIt);
  return {
    ...known,
    state: isFew ? 'few rows' : raised ? 'drift' : 'steady',
    effect,
    size: sizeOf(effect),
    parts,
    because: (raised ?? ordered[0])?.what,
    words: raised ? wordsOf(baseline, profile, found, raised) : '',
  };
};

const ORDER: readonly FieldState[] = ['drift', 'steady', 'few rows', 'not compared'];

const inOrder = (a: FieldJudgement, b: FieldJudgement): number =>
  (a.is === b.is ? 0 : a.is === 'output' ? -1 : 1) ||
  ORDER.indexOf(a.state) - ORDER.indexOf(b.state) ||
  a.holmP - b.holmP ||
  b.effect - a.effect;

const stateOf = (fields: readonly FieldJudgement[], isFew: boolean): FieldState => {
  if (fields.every(({ state }) => state === 'not compared')) return 'not compared';
  if (isFew) return 'few rows';
  return fields.some(({ state }) => state === 'drift') ? 'drift' : 'steady';
};

/** Judges a window beside what it is compared with; a field that one of them lacks is left out. */
export const judgeWindow = (baseline: Baseline, window: ProfiledWindow, budget: Budget): Judgement => {
  const { alpha, leastEffect = LEAST_EFFECT, leastRows = LEAST_ROWS, isStrict = false } = budget;
  const strictly = isStrict ? leastEffect : 0;
  const looked = [
    ...lookAt('output', baseline.outputs, window.outputs, strictly),
    ...lookAt('input', baseline.inputs, window.inputs, strictly),
  ];
  const ps = looked.map(({ p }) => p);
  const [holmPs, qs] = [holm(ps), falseDiscovery(ps)];
  const isFew = window.rows < leastRows;
  const fields = looked
    .map((one, at) => judgeField(one, { holmP: holmPs[at], q: qs[at], fields: looked.length }, isFew, budget))
    .toSorted(inOrder);
  return {
    state: stateOf(fields, isFew),
    rows: window.rows,
    baseline: baseline.name,
    baselineRows: baseline.rows,
    alpha,
    leastRows,
    fields,
  };
};
