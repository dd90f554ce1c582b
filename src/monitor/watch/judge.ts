/** Judges one window of a deployment, of everything that its profile tells. Pure: what came, and what was remembered, go in. */
import type { Zone } from '../../core/zone.ts';
import type { Concern, Finding } from '../alerts/finding.ts';
import { answeredBaseline, type Baseline } from '../drift/baseline.ts';
import { alphaOf, budgetOf, FRESHNESS_TESTS, LEAST_ROWS, QUALITY_TESTS, slowAlphaOf } from '../drift/budget.ts';
import { type FieldJudgement, type Judgement, judgeWindow } from '../drift/judgement.ts';
import { addWindow, judgeSlowDrift, startSlowDrift } from '../drift/slow-drift.ts';
import {
  baselineAt,
  baselineOf,
  type CompareWith,
  type DatedWindow,
  isSettled,
  joinWindows,
  stratumOf,
} from '../drift/strata.ts';
import type { RepeatedIds } from '../labels/labels.ts';
import { addCounts, type Traffic } from '../profile/traffic.ts';
import { constantFindings } from '../quality/constants.ts';
import { refusalFindings } from '../quality/refusals.ts';
import { type RepeatCounts, repeatFindings } from '../quality/repeats.ts';
import { MOST_WEEKS, unusual } from '../quality/usual.ts';
import { delayFindings, volumeFindings, type WindowFigure } from '../quality/volume.ts';
import type { Accepted } from './accepted.ts';
import type { WatchMemory } from './memory.ts';

/** What a deployment was asked and answered, in the order of time, of one package. */
export interface WatchedWindow extends DatedWindow {
  /** Beside the rows that were answered. */
  readonly refused: number;
  readonly traffic?: Traffic | undefined;
  /** Of recorded rows, where something is known to be their id. */
  readonly ids?: RepeatedIds | undefined;
}

/** What an alarm takes. */
export interface WatchRule {
  readonly windowMs: number;
  readonly falseAlarmsAYear?: number | undefined;
  readonly leastEffect?: number | undefined;
}

export interface WatchJudgeOptions {
  readonly rule: WatchRule;
  readonly compareWith: CompareWith;
  readonly zone?: Pick<Zone, 'offset'> | undefined;
  readonly training: Baseline | undefined;
  readonly accepted?: Accepted | undefined;
  /** Rows of windows before, refused ones too, in the order of time. */
  readonly volumes: readonly { readonly at: number; readonly rows: number }[];
  /** Of a stream: the delay of events in this window and in those before. */
  readonly delays?: readonly WindowFigure[] | undefined;
}

export interface WatchJudgement {
  readonly concerns: readonly Concern[];
  readonly findings: readonly Finding[];
  /** Undefined where there is nothing to compare with. */
  readonly judgement: Judgement | undefined;
  /** ln of the evidence of slow drift; undefined where nothing is compared. */
  readonly logE: number | undefined;
  readonly memory: WatchMemory;
}

/** Findings of one window, the first ones of its fields. */
const MOST_FINDINGS = 50;
/** Windows of a stratum that all had rows, after which one without any is strange. */
const BUSY_WINDOWS = 4;

/** Those that were answered and those that were refused. */
const rowsOf = ({ rows, refused }: WatchedWindow): number => rows + refused;

const findingOf = (field: FieldJudgement): Finding => ({
  concern: field.is === 'output' ? 'predictions' : 'drift',
  field: field.field,
  severity: field.size === 'large' ? 'error' : 'warning',
  sentence: `${field.field} ${field.because === 'shape' || field.because === 'missing' ? 'is' : 'has'} ${field.words}`,
  numbers: { p: field.p, holm_p: field.holmP, effect: field.effect },
});

const NO_REPEATS: RepeatCounts = { rows: 0, repeated: 0 };

/** Rows with an id so far. */
const addRepeats = (ids: RepeatCounts | undefined, before: RepeatCounts | undefined): RepeatCounts | undefined => {
  if (ids === undefined || before === undefined) return ids && { rows: ids.rows, repeated: ids.repeated };
  return { rows: before.rows + ids.rows, repeated: before.repeated + ids.repeated };
};

/** What was wrong with rows, of this window and of all before. */
const refusedOf = (now: WatchedWindow) => ({ rows: rowsOf(now), refused: now.refused, why: now.traffic?.refused });

/** Whether rows are missing that used to come at this time. */
const freshness = (now: WatchedWindow, { rule, zone, volumes }: WatchJudgeOptions): readonly Finding[] => {
  if (rowsOf(now) > 0) return [];
  const stratum = stratumOf(now.at, 'same hour of week', zone);
  const same = volumes.filter(({ at }) => at < now.at && stratumOf(at, 'same hour of week', zone) === stratum);
  const last = same.slice(-BUSY_WINDOWS);
  if (last.length < BUSY_WINDOWS || last.some(({ rows }) => rows === 0)) return [];
  const alpha = alphaOf('freshness', rule.windowMs, rule.falseAlarmsAYear) / FRESHNESS_TESTS;
  const past = same.slice(-MOST_WEEKS).map(({ rows }) => rows);
  const found = unusual(0, past, { alpha, direction: 'less', leastFactor: 2 });
  if (found === undefined) return [];
  const usual = Math.min(...last.map(({ rows }) => rows));
  const sentence = `no rows have come, where there were at least ${usual} in each of the last ${BUSY_WINDOWS} weeks`;
  return [{ concern: 'freshness', severity: 'error', sentence, numbers: { p: found.p, rows: 0, usual } }];
};

/** What is not as in the same hours of past weeks. */
const weekly = (now: WatchedWindow, { zone, volumes, delays = [] }: WatchJudgeOptions, alpha: number) => {
  const before = volumes.map(({ at, rows }) => ({ at, figure: rows }));
  const delay = delays.find(({ at }) => at === now.at);
  return [
    ...volumeFindings({ at: now.at, figure: rowsOf(now) }, before, { alpha, zone }),
    ...(delay === undefined ? [] : delayFindings(delay, delays, { alpha, zone })),
  ];
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
  const { rule, compareWith, zone, accepted } = options;
  const { windowMs, falseAlarmsAYear, leastEffect } = rule;
  const budget = { ...budgetOf(windowMs, falseAlarmsAYear), leastEffect };
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
  const slowAlpha = slowAlphaOf(memory.starts?.length ?? 1, falseAlarmsAYear);
  const slowly = judgeSlowDrift(
    Object.entries(slow).flatMap(([name, one]) => {
      const own = name === stratum ? baseline : baselineOf(name, choice);
      return own === undefined ? [] : [{ slow: one, baseline: own }];
    }),
    { alpha: slowAlpha, leastEffect },
  );

  const drifting = (judgement?.fields ?? []).filter(({ state }) => state === 'drift').slice(0, MOST_FINDINGS);
  const findings: Finding[] = drifting.map(findingOf);
  if (slowly.isDrift && slowly.field !== undefined && !drifting.some(({ field }) => field === slowly.field)) {
    findings.push({
      concern: slowly.is === 'output' ? 'predictions' : 'drift',
      field: slowly.field,
      severity: 'warning',
      sentence: `${slowly.field} has moved slowly: by about ${Number(slowly.effect.toPrecision(2))} sd`,
      numbers: { log_e: slowly.logE, due: -Math.log(slowAlpha), effect: slowly.effect },
    });
  }
  const concerns: Concern[] = isFew ? ['freshness'] : ['predictions', 'drift', 'freshness'];
  findings.push(...freshness(now, options));
  if (rowsOf(now) >= LEAST_ROWS) {
    concerns.push('quality');
    const alpha = alphaOf('quality', windowMs, falseAlarmsAYear) / QUALITY_TESTS;
    findings.push(...refusalFindings(refusedOf(now), memory, alpha), ...constantFindings(now, baseline));
    findings.push(...weekly(now, options, alpha));
    if (now.ids) findings.push(...repeatFindings(now.ids.of, now.ids, memory.ids ?? NO_REPEATS, alpha));
  }
  return {
    concerns,
    findings,
    judgement,
    logE: slowly?.logE,
    memory: {
      of: memory.of,
      starts: memory.starts,
      waitsFrom: judgement?.state === 'few rows' && gathered.rows > 0 ? waitsFrom : undefined,
      slow,
      rows: memory.rows + rowsOf(now),
      refused: memory.refused + now.refused,
      ids: addRepeats(now.ids, memory.ids),
      why: addCounts(memory.why ?? {}, now.traffic?.refused ?? {}),
    },
  };
};
