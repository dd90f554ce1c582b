/** Judges one window of a deployment, of everything that its profile tells. Pure: what came, and what was remembered, go in. */
import type { Zone } from '../../core/zone.ts';
import type { Concern, Finding } from '../alerts/finding.ts';
import { answeredBaseline, type Baseline } from '../drift/baseline.ts';
import { type Budget, LEAST_ROWS } from '../drift/budget.ts';
import { type FieldJudgement, type Judgement, judgeWindow } from '../drift/judgement.ts';
import { addWindow, judgeSlowDrift, SLOW_ALPHA, startSlowDrift } from '../drift/slow-drift.ts';
import { baselineAt, type CompareWith, type DatedWindow, isSettled, joinWindows, stratumOf } from '../drift/strata.ts';
import { fisherP } from '../statistics/hypergeometric.ts';
import type { Accepted } from './accepted.ts';
import type { WatchMemory } from './memory.ts';

/** What a deployment was asked and answered, in the order of time, of one package. */
export interface WatchedWindow extends DatedWindow {
  /** Beside the rows that were answered. */
  readonly refused: number;
}

export interface WatchJudgeOptions {
  readonly budget: Budget;
  readonly compareWith: CompareWith;
  readonly zone?: Pick<Zone, 'offset'> | undefined;
  readonly training: Baseline | undefined;
  readonly accepted?: Accepted | undefined;
  /** Rows of windows before, refused ones too, in the order of time. */
  readonly volumes: readonly { readonly at: number; readonly rows: number }[];
}

export interface WatchJudgement {
  readonly concerns: readonly Concern[];
  readonly findings: readonly Finding[];
  /** Undefined where there is nothing to compare with. */
  readonly judgement: Judgement | undefined;
  readonly memory: WatchMemory;
}

/** Refused rows are worth an alarm where their share has grown by a point. */
const LEAST_REFUSED_SHARE = 0.01;
/** Findings of one window, the first ones of its fields. */
const MOST_FINDINGS = 50;
/** Windows of a stratum that all had rows, after which one without any is strange. */
const BUSY_WINDOWS = 4;

/** Those that were answered and those that were refused. */
const rowsOf = ({ rows, refused }: WatchedWindow): number => rows + refused;

const percent = (share: number): string => `${Number((100 * share).toPrecision(2))} %`;

const findingOf = (field: FieldJudgement): Finding => ({
  concern: field.is === 'output' ? 'predictions' : 'drift',
  field: field.field,
  severity: field.size === 'large' ? 'error' : 'warning',
  sentence: `${field.field} ${field.because === 'shape' || field.because === 'missing' ? 'is' : 'has'} ${field.words}`,
  numbers: { p: field.p, holm_p: field.holmP, effect: field.effect },
});

const refusals = (now: WatchedWindow, before: WatchMemory, alpha: number): readonly Finding[] => {
  const rows = rowsOf(now);
  const [share, usual] = [now.refused / rows, before.rows === 0 ? 0 : before.refused / before.rows];
  const p = fisherP({ x: now.refused, n: rows, y: before.refused, m: before.rows });
  if (share - usual < LEAST_REFUSED_SHARE || p > alpha) return [];
  const sentence = `${percent(share)} of rows are refused, where ${percent(usual)} were before`;
  return [{ concern: 'quality', severity: 'warning', sentence, numbers: { p, share, usual } }];
};

/** A number that has but one value, where the training data had many. */
const constants = (judgement: Judgement | undefined, now: DatedWindow, baseline: Baseline | undefined) =>
  (judgement?.fields ?? []).flatMap(({ field, is }): readonly Finding[] => {
    const [profile, known] =
      is === 'input' ? [now.inputs[field], baseline?.inputs[field]] : [now.outputs[field], baseline?.outputs[field]];
    if (profile === undefined || known === undefined || !('bins' in profile) || !('isExact' in known)) return [];
    const { min, max, count } = profile;
    if (count < LEAST_ROWS || min === null || min !== max || known.std === 0) return [];
    const sentence = `${field} is always ${min}`;
    return [{ concern: 'quality', field, severity: 'warning', sentence, numbers: { value: min, count } }];
  });

/** Whether rows are missing that used to come at this time. */
const freshness = (now: WatchedWindow, { zone, volumes }: WatchJudgeOptions): readonly Finding[] => {
  if (rowsOf(now) > 0) return [];
  const stratum = stratumOf(now.at, 'same hour of week', zone);
  const same = volumes.filter(({ at }) => at < now.at && stratumOf(at, 'same hour of week', zone) === stratum);
  const last = same.slice(-BUSY_WINDOWS);
  if (last.length < BUSY_WINDOWS || last.some(({ rows }) => rows === 0)) return [];
  const usual = Math.min(...last.map(({ rows }) => rows));
  const sentence = `no rows have come, where there were at least ${usual} in each of the last ${BUSY_WINDOWS} weeks`;
  return [{ concern: 'freshness', severity: 'error', sentence, numbers: { rows: 0, usual } }];
};

/**
 * @param now the window, which may have no rows
 * @param history windows before, of the same package: those that it is compared with, or judged together with
 */
export const judgeWatched = (
  now: WatchedWindow,
  history: readonly WatchedWindow[],
  memory: WatchMemory,
  options: WatchJudgeOptions,
): WatchJudgement => {
  const { budget, compareWith, zone, accepted } = options;
  const normal = accepted ? answeredBaseline('what was accepted', accepted.profile) : options.training;
  const choice = { compareWith, training: normal, history, zone };
  const baseline = baselineAt(now.at, choice);
  const { waitsFrom = now.at } = memory;
  const gathered = joinWindows([...history.filter(({ at }) => at >= waitsFrom && at < now.at), now]);
  const judgement = baseline && judgeWindow(baseline, gathered, budget);
  const isFew = judgement === undefined || judgement.state === 'few rows';

  const stratum = stratumOf(now.at, compareWith, zone);
  const counts = baseline !== undefined && now.rows > 0 && compareWith !== 'last' && isSettled(now.at, choice);
  const before = Object.hasOwn(memory.slow, stratum) ? memory.slow[stratum] : startSlowDrift();
  const slow = counts ? { ...memory.slow, [stratum]: addWindow(before, baseline, now) } : memory.slow;
  const slowly = baseline && judgeSlowDrift(Object.values(slow).map((one) => ({ slow: one, baseline })));

  const drifting = (judgement?.fields ?? []).filter(({ state }) => state === 'drift').slice(0, MOST_FINDINGS);
  const findings: Finding[] = drifting.map(findingOf);
  if (slowly?.isDrift && slowly.field !== undefined && !drifting.some(({ field }) => field === slowly.field)) {
    findings.push({
      concern: slowly.is === 'output' ? 'predictions' : 'drift',
      field: slowly.field,
      severity: 'warning',
      sentence: `${slowly.field} has moved slowly: by about ${Number(slowly.effect.toPrecision(2))} sd`,
      numbers: { log_e: slowly.logE, due: -Math.log(SLOW_ALPHA), effect: slowly.effect },
    });
  }
  const concerns: Concern[] = isFew ? ['freshness'] : ['predictions', 'drift', 'freshness'];
  findings.push(...freshness(now, options));
  if (rowsOf(now) >= LEAST_ROWS) {
    concerns.push('quality');
    findings.push(...refusals(now, memory, budget.alpha), ...constants(judgement, now, baseline));
  }
  return {
    concerns,
    findings,
    judgement,
    memory: {
      of: memory.of,
      waitsFrom: judgement?.state === 'few rows' && gathered.rows > 0 ? waitsFrom : undefined,
      slow,
      rows: memory.rows + rowsOf(now),
      refused: memory.refused + now.refused,
    },
  };
};
