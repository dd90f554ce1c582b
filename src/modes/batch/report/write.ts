import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { atomicWrite } from '../../../files/atomic-file.ts';
import type { Reference } from '../../../monitor/profile/reference.ts';
import type { Package } from '../../../package/layout.ts';
import type { Run, Summary } from '../types.ts';
import { compareRun } from './compare.ts';
import { reportPage } from './page.ts';

export interface WriteReportOptions {
  readonly summary: Summary;
  readonly run: Run;
  readonly before: Summary | undefined;
  readonly found: Package;
  readonly paths: { readonly html: string; readonly json: string };
}

/** Leaves the report of a run as a page for people and as JSON for programs. */
export const writeReport = async ({ summary, run, before, found, paths }: WriteReportOptions): Promise<void> => {
  const bytes = found.files.get('profile.json');
  const reference = bytes && (JSON.parse(new TextDecoder().decode(bytes)) as Reference);
  const report = compareRun({ summary, run, manifest: found.manifest, reference, before });
  await mkdir(dirname(paths.html), { recursive: true });
  await mkdir(dirname(paths.json), { recursive: true });
  await atomicWrite(paths.json, `${JSON.stringify(report, null, 2)}\n`);
  await atomicWrite(paths.html, reportPage(report));
};
