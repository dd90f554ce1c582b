/** A run judged beside the reference of its package, and beside the run before. */
import type { Manifest } from '../../../core/types.ts';
import { answeredBaseline, type Baseline, trainingBaseline } from '../../../monitor/drift/baseline.ts';
import { budgetOf } from '../../../monitor/drift/budget.ts';
import { type Judgement, judgeWindow } from '../../../monitor/drift/judgement.ts';
import { judgedFields } from '../../../monitor/profile/judged-fields.ts';
import type { Bins, FieldBins } from '../../../monitor/profile/profile.ts';
import type { FieldReference, Reference } from '../../../monitor/profile/reference.ts';
import type { BatchDeployment } from '../deployment.ts';
import type { Run, Summary } from '../types.ts';
import { countedOn } from './bars.ts';

export interface JudgedRun {
  /** Beside the training data; undefined where the package has no reference. */
  readonly judgement?: Judgement | undefined;
  /** Beside the run before, where there is one. */
  readonly sinceLast?: Judgement | undefined;
}

/** What is judged of a run. */
type CountedRun = Pick<Summary, 'rows_in' | 'inputs' | 'outputs' | 'bins'>;

export interface JudgedRunOptions {
  readonly summary: CountedRun;
  readonly run: Pick<Run, 'window'>;
  readonly reference: Reference | undefined;
  readonly before: CountedRun | undefined;
  /** What the run was asked and has answered. */
  readonly fields: Pick<Manifest, 'inputs' | 'outputs'>;
  /** As the deployment is watched. */
  readonly rule?: Partial<Pick<BatchDeployment, 'falseAlarmsAYear' | 'leastEffect'>> | undefined;
}

/** Runs that take all of the source are taken for daily ones. */
const DAY_MS = 86_400_000;

/** Fields for which `isAlike` holds. */
const only = <T>(fields: Readonly<Record<string, T>>, isAlike: (name: string, field: T) => boolean) =>
  Object.fromEntries(Object.entries(fields).filter(([name, field]) => isAlike(name, field)));

/** Labels are compared by name, numbers on the same edges. */
const isOnBins = (bins: FieldBins | undefined, known: FieldReference): boolean =>
  bins !== undefined && ('labels' in bins || ('edges' in known && countedOn(bins) === JSON.stringify(known.edges)));

const beside = ({ rows, inputs, outputs }: Reference, bins: Summary['bins']): Baseline => {
  const fields = (side: 'inputs' | 'outputs', known: Reference['inputs']) =>
    only(known, (name, field) => isOnBins(bins[side][name], field));
  return trainingBaseline({ rows, inputs: fields('inputs', inputs), outputs: fields('outputs', outputs) });
};

const besideLast = (before: CountedRun, { bins }: CountedRun): Baseline => {
  const alike = (a: Bins, b: Bins) => (name: string) => countedOn(a[name]) === countedOn(b[name]);
  return answeredBaseline('the run before', {
    rows: before.rows_in,
    inputs: only(before.inputs, alike(before.bins.inputs, bins.inputs)),
    outputs: only(before.outputs, alike(before.bins.outputs, bins.outputs)),
  });
};

/** By the rule, and of the fields, by which windows of the watch are judged. */
export const judgeRun = ({ summary, run, reference, before, fields, rule = {} }: JudgedRunOptions): JudgedRun => {
  const { window } = run;
  const windowMs = window ? Date.parse(window.to) - Date.parse(window.from) : DAY_MS;
  const { falseAlarmsAYear, leastEffect } = rule;
  const budget = { ...budgetOf(windowMs, falseAlarmsAYear), leastEffect };
  const { rows_in: rows } = summary;
  const inputs = judgedFields(summary.inputs, fields.inputs);
  const outputs = judgedFields(summary.outputs, fields.outputs);
  const judge = (baseline: Baseline): Judgement => judgeWindow(baseline, { rows, inputs, outputs }, budget);
  return {
    judgement: reference && judge(beside(reference, summary.bins)),
    sinceLast: before && judge(besideLast(before, summary)),
  };
};
