/**
 * Whether a candidate has more bad calls (errors, refusals, slow ones, answers without a value) than the stable version beside
 * it: evidence from two counts alone, so that neither windows of time nor the load matter (after M. Lindon & others,
 * Rapid regression detection in software deployments through sequential testing, 2022; arXiv:2205.14762).
 *
 * Of all bad calls a share π·r / (π·r + 1 − π) is the candidate's when it gets the share π of all calls and errs r times as
 * often. The evidence is that of r above a ratio that is still allowed, beside it: an e-process, so that one may look after
 * every call and the chance of ever rolling back without reason is at most α.
 */
import { incompleteBetaTail } from '../statistics/incomplete-beta.ts';
import { lnBeta } from '../statistics/ln-gamma.ts';
import { logMean } from '../statistics/logs.ts';
import { ALPHA } from '../statistics/proportion.ts';

/** Bad calls of one kind, counted while the candidate had one share of the calls. */
export interface BadCalls {
  readonly candidate: number;
  readonly stable: number;
  /** The candidate's share of the calls, 0 < share < 1. */
  readonly share: number;
}

/** A candidate may err that many times as often. */
export const ALLOWED_RATIO = 1.25;
/** Bad calls that are supposed before the first one. */
const PRIOR = 10;

/** ln of the evidence that the candidate errs more than `ratio` times as often, from calls at one share. */
export const logGuardrail = ({ candidate, stable, share }: BadCalls, ratio: number = ALLOWED_RATIO): number => {
  const theta = (share * ratio) / (share * ratio + 1 - share);
  const [a, b] = [PRIOR * theta, PRIOR * (1 - theta)];
  const [c, s] = [candidate, stable];
  return (
    lnBeta(a + c, b + s) -
    lnBeta(a, b) +
    Math.log(incompleteBetaTail(theta, a + c, b + s)) -
    Math.log(incompleteBetaTail(theta, a, b)) -
    c * Math.log(theta) -
    s * Math.log1p(-theta)
  );
};

/** What is counted of one kind of bad call, a share after the other; `steps` is how many shares there will be. */
export interface GuardedCalls {
  readonly counted: readonly BadCalls[];
  readonly steps: number;
}

/**
 * ln of the evidence over all shares so far, for a candidate that began to err at any of them: the mean over beginnings, of
 * which those that are still to come stand at 1.
 */
export const logOverSteps = ({ counted, steps }: GuardedCalls, ratio: number = ALLOWED_RATIO): number => {
  const each = counted.map((calls) => logGuardrail(calls, ratio));
  const since = each.map((_, at) => each.slice(at).reduce((sum, log) => sum + log, 0));
  const toCome = new Array<number>(Math.max(0, steps - each.length)).fill(0);
  return logMean([...since, ...toCome]);
};

/** Whether a guardrail of several kinds of bad calls is broken: the mean of their evidence has come to 1/α. */
export const isBroken = (
  kinds: readonly GuardedCalls[],
  { alpha = ALPHA, ratio = ALLOWED_RATIO }: { readonly alpha?: number; readonly ratio?: number } = {},
): boolean => kinds.length > 0 && logMean(kinds.map((kind) => logOverSteps(kind, ratio))) >= -Math.log(alpha);

/** So many bad calls among the first ones are enough, whatever the stable version does. */
export const STOPS_AT = { bad: 5, calls: 20 } as const;

/** `bad` of the first `calls` of a candidate; counted on beyond `STOPS_AT.calls` they say nothing here. */
export const stopsAtOnce = (bad: number, calls: number): boolean => calls <= STOPS_AT.calls && bad >= STOPS_AT.bad;
