/** Judges how right a deployment was in a window beside how right it used to be. Pure. */
import type { Finding } from '../alerts/finding.ts';
import { holm } from '../drift/holm.ts';
import { lossOf, mergeLosses, type PredictionLoss, toleratedLoss, worseP } from '../performance/loss.ts';

type MeasuredFigures = readonly { readonly name: string; readonly value: number }[];

interface MeasuredSlice {
  readonly by: string;
  readonly value: string;
  readonly rows: number;
  readonly figures: MeasuredFigures;
}

/** What labels say of one output in a window. */
export interface MeasuredTarget {
  readonly output: string;
  readonly unit?: string | undefined;
  readonly rows: number;
  readonly figures: MeasuredFigures;
  readonly slices: readonly MeasuredSlice[];
}

/** How an output, or a slice of it, did beside how it used to. */
export interface PerformanceTest {
  readonly output: string;
  readonly slice?: { readonly by: string; readonly value: string } | undefined;
  /** The mean distance from the truth, or the share that is wrong. */
  readonly loss: PredictionLoss['name'];
  readonly value: number;
  readonly usual: number;
  /** Labels in the window, and of what it is compared with. */
  readonly rows: number;
  readonly usualRows: number;
  readonly p: number;
  /** After Holm over all outputs and slices. */
  readonly holmP: number;
  readonly isWorse: boolean;
}

/** What windows are compared with: what the package says of its training data, or windows that were before. */
export interface UsualPerformance {
  readonly name: string;
  /** One list a window. */
  readonly windows: readonly (readonly MeasuredTarget[])[];
}

export interface PerformanceJudgeOptions {
  readonly alpha: number;
  /** How much worse is worth an alarm, as a share. */
  readonly tolerance: number;
  readonly coverage: number;
}

/** Fewer rows of a slice say nothing. */
const LEAST_SLICE_ROWS = 30;
/** From so much of what is usual it is an error. */
const MUCH_WORSE = 1.5;

interface Compared {
  readonly output: string;
  readonly unit?: string | undefined;
  readonly slice?: PerformanceTest['slice'];
  readonly now: PredictionLoss;
  readonly usual: PredictionLoss;
}

const usualOf = (
  { windows }: UsualPerformance,
  { name }: PredictionLoss,
  pick: (
    targets: readonly MeasuredTarget[],
  ) => { readonly rows: number; readonly figures: MeasuredFigures } | undefined,
): PredictionLoss | undefined =>
  mergeLosses(
    windows.flatMap((targets) => {
      const found = pick(targets);
      const loss = found && lossOf(found.figures, found.rows);
      return loss?.name === name ? [loss] : [];
    }),
  );

/** An output, and those of its slices that were there before: beside itself, as a part may always have been harder than others. */
const comparedOf = (target: MeasuredTarget, usual: UsualPerformance): readonly Compared[] => {
  const { output, unit, rows, figures, slices } = target;
  const same = (targets: readonly MeasuredTarget[]) => targets.find((one) => one.output === output);
  const parts = [{ rows, figures, slice: undefined, pick: same }].concat(
    slices.map(({ by, value, rows: own, figures: ownFigures }) => ({
      rows: own,
      figures: ownFigures,
      slice: { by, value },
      pick: (targets: readonly MeasuredTarget[]) =>
        same(targets)?.slices.find((one) => one.by === by && one.value === value),
    })) as never[],
  );
  return parts.flatMap(({ rows: n, figures: told, slice, pick }) => {
    const now = lossOf(told, n);
    const before = now && usualOf(usual, now, pick);
    if (now === undefined || before === undefined || before.weight < LEAST_SLICE_ROWS) return [];
    return [{ output, unit, slice, now, usual: before }];
  });
};

const short = (value: number): string => String(Number(value.toPrecision(3)));
const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;

const sentenceOf = ({ output, unit, slice, now, usual }: Compared, name: string, coverage: number): string => {
  const where = slice === undefined ? '' : ` where ${slice.by} is ${slice.value}`;
  const beside = `, labels for ${percent(coverage)}`;
  if (now.name === 'errors')
    return `${output} is wrong in ${percent(now.mean)} of cases${where}, ${percent(usual.mean)} in ${name}${beside}`;
  const of = unit === undefined ? '' : ` ${unit}${now.mean === 1 ? '' : 's'}`;
  return `${output} is off by ${short(now.mean)}${of} on average${where}, ${short(usual.mean)} in ${name}${beside}`;
};

export const judgePerformance = (
  targets: readonly MeasuredTarget[],
  usual: UsualPerformance,
  { alpha, tolerance, coverage }: PerformanceJudgeOptions,
): { readonly tests: readonly PerformanceTest[]; readonly findings: readonly Finding[] } => {
  const compared = targets.flatMap((target) => comparedOf(target, usual));
  const ps = compared.map((one) => worseP(one.now, one.usual, tolerance));
  const adjusted = holm(ps);
  const found = compared.map((one, at) => {
    const { output, slice, now, usual: before } = one;
    const isWorse = adjusted[at] <= alpha && now.mean > toleratedLoss(before, tolerance);
    const rows = { rows: now.weight, usualRows: before.weight };
    const p = { p: ps[at], holmP: adjusted[at] };
    return {
      one,
      test: { output, slice, loss: now.name, value: now.mean, usual: before.mean, ...rows, ...p, isWorse },
    };
  });
  const findings = found
    .filter(({ test }) => test.isWorse)
    .map(({ one, test }): Finding => {
      const { output, slice, value, usual: before, p, holmP, rows, usualRows } = test;
      return {
        concern: 'performance',
        field: slice === undefined ? output : `${output}, ${slice.by} ${slice.value}`,
        severity: value >= MUCH_WORSE * before ? 'error' : 'warning',
        sentence: sentenceOf(one, usual.name, coverage),
        numbers: { value, usual: before, p, holm_p: holmP, rows, usual_rows: usualRows, coverage },
      };
    });
  return { tests: found.map(({ test }) => test), findings };
};
