/** A run beside its package's reference and the run before it. */
import type { Fields, Manifest } from '../../../core/types.ts';
import type { Reference } from '../../../monitor/profile/reference.ts';
import type { Run, Summary } from '../types.ts';
import { changesBetween } from './changes.ts';
import { fieldReport } from './field-report.ts';
import type { FieldReport, Report } from './report.ts';

const reports = (
  fields: Fields,
  summary: Summary,
  side: 'inputs' | 'outputs',
  reference: Reference | undefined,
  before: Summary | undefined,
): readonly FieldReport[] =>
  Object.entries(fields).flatMap(
    ([name, field]) => fieldReport(name, field, summary, side, reference?.[side][name], before) ?? [],
  );

export interface CompareOptions {
  readonly summary: Summary;
  readonly run: Run;
  readonly manifest: Manifest;
  readonly reference: Reference | undefined;
  readonly before: Summary | undefined;
}

export const compareRun = ({ summary, run, manifest, reference, before }: CompareOptions): Report => ({
  summary,
  kind: run.kind,
  cause: run.cause,
  window: run.window,
  description: manifest.description,
  referenceRows: reference?.rows,
  outputs: reports(manifest.outputs, summary, 'outputs', reference, before),
  inputs: reports(manifest.inputs, summary, 'inputs', reference, before).toSorted(
    (a, b) => (b.shift ?? 0) - (a.shift ?? 0),
  ),
  before: before && { run: before.run, scope: before.scope, finished_at: before.finished_at },
  changes: before ? changesBetween(before, summary) : [],
});
