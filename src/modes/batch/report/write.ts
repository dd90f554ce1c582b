import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { atomicWrite } from '../../../files/atomic-file.ts';
import type { Reference } from '../../../monitor/profile/reference.ts';
import type { Package } from '../../../package/layout.ts';
import type { Run, Summary } from '../types.ts';
import { compareRun } from './compare.ts';
import type { JudgedRun } from './judge-run.ts';
import { reportPage } from './page.ts';

export interface WriteReportOptions {
  readonly summary: Summary;
  readonly run: Run;
  readonly before: Summary | undefined;
  readonly found: Package;
  readonly reference: Reference | undefined;
  readonly judged: JudgedRun;
  readonly paths: { readonly html: string; readonly json: string };
}

/** Leaves the report of a run as a page for people and as JSON for programs. */
export const writeReport = async (options: WriteReportOptions): Promise<void> => {
  const { found, paths, ...known } = options;
  const report = compareRun({ ...known, manifest: found.manifest });
  await mkdir(dirname(paths.html), { recursive: true });
  await mkdir(dirname(paths.json), { recursive: true });
  await atomicWrite(paths.json, `${JSON.stringify(report, null, 2)}\n`);
  await atomicWrite(paths.html, reportPage(report));
};
