/** Answers tensors while there is a rollout: all rows of a call by one version, and by the stable one where the candidate refuses any. */
import { problemOf } from '../../../core/errors.ts';
import { ALL_BAD, badOfCodes } from '../../../serving/rollouts/bad.ts';
import { unitOf } from '../../../serving/rollouts/unit.ts';
import { CANDIDATE, STABLE, type Variant } from '../../../serving/route.ts';
import type { Call } from '../calls.ts';
import { codesOf, type InferredColumns, inferColumns } from '../infer.ts';
import type { Card, Model } from '../model.ts';
import type { InferRequest } from '../oip/infer.ts';
import { type Active, type Meant, meantBy, meantOf, stableIn } from './routed.ts';

/** Which version has answered, and what. */
export interface RoutedColumns extends InferredColumns {
  readonly model: Card;
  readonly variant: Variant;
  readonly experiment: string;
}

export interface RoutedTensorsOptions {
  readonly timeoutMs: number;
  readonly checkRows: (rows: number) => void;
}

/** By the unit that all its rows have; where they are of both versions, the stable one answers, and nothing is counted. */
const meantFor = (active: Active, { inputs }: InferRequest, call: Call): Meant => {
  if (active.share === 0) return { variant: STABLE, unit: undefined };
  const one = meantBy(active, call);
  if (one !== undefined) return one;
  const tensor = inputs.find(({ name }) => name === active.unit?.name);
  const units = tensor === undefined ? [] : [...new Set(Array.from(tensor.data as ArrayLike<unknown>, unitOf))];
  const meants = units.map((unit) => meantOf(active, unit));
  const [first = { variant: STABLE, unit: undefined }] = meants;
  return meants.every(({ variant }) => variant === first.variant) ? first : { variant: STABLE, unit: undefined };
};

export const createRoutedTensors = ({ timeoutMs, checkRows }: RoutedTensorsOptions) => {
  /** Undefined where it cannot answer all of it. @throws CANCELLED */
  const tryCandidate = async (
    { candidate, tally }: Active,
    request: InferRequest,
    call: Call,
    units: readonly string[],
  ): Promise<InferredColumns | undefined> => {
    const began = performance.now();
    const deadline = began + ((call.deadline ?? began + timeoutMs) - began) / 2;
    try {
      const found = await inferColumns(candidate, request, { ...call, deadline }, checkRows);
      const bad = badOfCodes(codesOf(found.answers));
      tally.add(CANDIDATE, { rows: found.answers.rows, ms: performance.now() - began, bad, units });
      return found.answers.errors.size === 0 ? found : undefined;
    } catch (error) {
      // The caller's own limits are no fault of the candidate.
      if (['CANCELLED', 'RATE_LIMITED'].includes(problemOf(error).code)) throw error;
      tally.add(CANDIDATE, { rows: 1, ms: performance.now() - began, bad: ALL_BAD, units });
      return undefined;
    }
  };
  return async (active: Active, model: Model, request: InferRequest, call: Call): Promise<RoutedColumns> => {
    const began = performance.now();
    const { experiment, tally, candidate } = active;
    const { variant, unit } = meantFor(active, request, call);
    const units = unit === undefined ? [] : [unit];
    const isCounted = active.share > 0 && (active.unit === undefined || units.length > 0);
    if (variant === CANDIDATE) {
      const found = await tryCandidate(active, request, call, units);
      if (found !== undefined) return { ...found, model: candidate, variant, experiment };
    }
    // Rows that the candidate was asked for are counted already.
    const own = variant === CANDIDATE ? { ...call, pass: undefined } : call;
    const found = await inferColumns(model, request, own, checkRows);
    if (isCounted && variant === STABLE) {
      const bad = badOfCodes(codesOf(found.answers));
      tally.add(STABLE, { rows: found.answers.rows, ms: performance.now() - began, bad, units });
    }
    // What is no part of the rollout is kept as if there were none.
    const isOf = variant === STABLE && (isCounted || active.share === 0);
    return { ...found, model: isOf ? stableIn(active, model) : model, variant: STABLE, experiment };
  };
};
