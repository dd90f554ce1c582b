/** What follows a run: its report, and what the deployment wants done. */
import { join } from 'node:path';
import { readReference } from '../../monitor/profile/reference.ts';
import type { Package } from '../../package/layout.ts';
import type { ReportPaths } from './batch.ts';
import type { BatchDeployment } from './deployment.ts';
import type { BatchHost } from './host.ts';
import type { Ledger } from './ledger/ledger.ts';
import { createReactions, type Reacted } from './react.ts';
import { judgeRun } from './report/judge-run.ts';
import { writeReport } from './report/write.ts';
import type { Run } from './types.ts';

/** All bits of `reacted`. */
const ALL_REACTED = -1;
/** The bit of `reacted` that says that whoever keeps lineage was told of the end; reactions have those below. */
const END_TOLD = 1 << 30;

export interface FollowUp {
  readonly deployment: BatchDeployment;
  /** The package that the deployment's reference means now. */
  readonly now: Package;
  readonly signal: AbortSignal;
}

export const reportOf = ({ home }: BatchHost, run: Run): ReportPaths => {
  const folder = join(home, 'runs', run.deployment, run.id);
  return { html: join(folder, 'report.html'), json: join(folder, 'report.json') };
};

export const isFollowedUp = (run: Run): boolean => run.reacted === ALL_REACTED;

export const isEndTold = (run: Run): boolean => (run.reacted & END_TOLD) !== 0;

/** Takes down that the end of a run was told, where a reaction that has failed is still owed: it is told once. */
export const endTold = async (ledger: Ledger, { id }: Run): Promise<void> => {
  const run = await ledger.find(id);
  if (!isFollowedUp(run)) await ledger.reacted(id, run.reacted | END_TOLD);
};

/** The package of a run, for its report; the one of the deployment where that cannot be opened any more. */
const packageOf = async (host: BatchHost, run: Run, now: Package): Promise<Package> =>
  run.digest === now.digest ? now : host.open(`${run.model}@${run.digest}`).catch(() => now);

/** Writes the report of a run and does its reactions; each once, by the bits of `reacted`. */
export const followUp = async (
  host: BatchHost,
  ledger: Ledger,
  run: Run,
  { deployment, now, signal }: FollowUp,
): Promise<readonly Reacted[]> => {
  const found = await packageOf(host, run, now);
  const { summary } = run;
  if (!summary) return [];
  const report = reportOf(host, run);
  const before = await ledger.lastFinished(run.deployment, run.id);
  const reference = readReference(found.files.get('profile.json'));
  const fields = found.manifest;
  const judged = judgeRun({ summary, run, reference, before: before?.summary, fields, rule: deployment });
  await writeReport({ summary, run, before: before?.summary, found, reference, judged, paths: report });
  const reactions = createReactions(deployment.react, found.manifest, deployment.name);
  const reacted: Reacted[] = [];
  let bits = run.reacted;
  for (const [index, reaction] of reactions.entries()) {
    if (bits & (1 << index)) continue;
    const key = `${run.id}-${index}`;
    const one = await reaction.act({ summary, judgement: judged.judgement }, key, {
      folder: host.folder,
      env: host.env,
      report,
      signal,
    });
    reacted.push(one);
    if (one.what !== 'failed') {
      bits |= 1 << index;
      await ledger.reacted(run.id, bits);
    }
  }
  if (reacted.every(({ what }) => what !== 'failed')) await ledger.reacted(run.id, ALL_REACTED);
  return reacted;
};
