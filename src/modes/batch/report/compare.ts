/** A run beside its package's reference and the run before it. */
import type { Fields, Manifest } from '../../../core/types.ts';
import type { Judgement } from '../../../monitor/drift/judgement.ts';
import { sentenceOf } from '../../../monitor/drift/sentence.ts';
import type { Reference } from '../../../monitor/profile/reference.ts';
import type { Run, Summary } from '../types.ts';
import { changesBetween } from './changes.ts';
import { fieldReport } from './field-report.ts';
import type { JudgedRun } from './judge-run.ts';
import type { FieldReport, Report } from './report.ts';

export interface CompareOptions {
  readonly summary: Summary;
  readonly run: Run;
  readonly manifest: Manifest;
  readonly reference: Reference | undefined;
  readonly before: Summary | undefined;
  readonly judged: JudgedRun;
}

const reports = (
  fields: Fields,
  side: 'inputs' | 'outputs',
  { summary, reference, before, judged }: CompareOptions,
): readonly FieldReport[] => {
  const is = side === 'inputs' ? 'input' : 'output';
  const of = (judgement: Judgement | undefined, name: string) =>
    judgement?.fields.find((one) => one.is === is && one.field === name);
  return Object.entries(fields).flatMap(([name, field]) => {
    const report = fieldReport(name, field, summary, side, reference?.[side][name], before);
    if (report === undefined) return [];
    return [{ ...report, judged: of(judged.judgement, name), judgedSinceLast: of(judged.sinceLast, name) }];
  });
};

const toldJudgement = (judgement: Judgement): Report['judgement'] => {
  const { fields: _, ...rest } = judgement;
  return { ...rest, sentence: sentenceOf(judgement) };
};

/** What drifts first, then by p; what is not judged by its index. */
const byJudgement = (a: FieldReport, b: FieldReport): number => {
  const drifts = ({ judged }: FieldReport): number => (judged?.state === 'drift' ? 0 : 1);
  // Instants lie later than those of the training data on every day.
  const shift = ({ isInstant, shift: index = 0 }: FieldReport): number => (isInstant ? 0 : index);
  return drifts(a) - drifts(b) || (a.judged?.p ?? 1) - (b.judged?.p ?? 1) || shift(b) - shift(a);
};

export const compareRun = (options: CompareOptions): Report => {
  const { summary, run, manifest, reference, before, judged } = options;
  return {
    summary,
    kind: run.kind,
    cause: run.cause,
    window: run.window,
    description: manifest.description,
    referenceRows: reference?.rows,
    outputs: reports(manifest.outputs, 'outputs', options),
    inputs: reports(manifest.inputs, 'inputs', options).toSorted(byJudgement),
    before: before && { run: before.run, scope: before.scope, finished_at: before.finished_at },
    changes: before ? changesBetween(before, summary) : [],
    judgement: judged.judgement && toldJudgement(judged.judgement),
  };
};
