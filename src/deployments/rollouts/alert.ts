/** Tells people that a rollout was taken back, as alerts are told, and that a later one goes well. */
import type { Finding } from '../../monitor/alerts/finding.ts';
import type { ComparisonVerdict } from '../../registry/verdict.ts';
import type { Resources } from '../../resources/resources.ts';
import type { Rollout } from '../../serving/rollouts/rollout.ts';
import { hearersOf } from '../hearers.ts';
import { reactionsOf } from '../reacting.ts';

const findingOf = (
  { id, stable, candidate }: Rollout,
  why: string,
  verdicts: readonly ComparisonVerdict[],
): Finding => {
  const numbers = verdicts.flatMap(({ numbers: all }) =>
    Object.entries(all).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );
  const sentence = `the rollout of ${candidate.version} was taken back, ${stable.version} answers: ${why}`;
  return { concern: 'rollout', what: id, severity: 'error', sentence, numbers: Object.fromEntries(numbers) };
};

/** What was taken back is told at once; what goes well resolves, in time, what was told. @throws STORE_FAILED; BAD_PROJECT */
export const tellRollout = async (
  resources: Resources,
  rollout: Rollout,
  { why, verdicts }: { readonly why: string; readonly verdicts: readonly ComparisonVerdict[] },
): Promise<void> => {
  const { project, clock } = resources;
  const { deployment, model, candidate, startedAt, status } = rollout;
  const { alerts } = await resources.watches();
  const now = clock();
  const findings = status === 'rolled back' ? [findingOf(rollout, why, verdicts)] : [];
  await alerts.step(
    {
      deployment,
      model,
      version: candidate.version,
      window: { from: startedAt, to: now.toISOString() },
      series: `${deployment} (rollouts)`,
      concerns: ['rollout'],
      findings,
    },
    hearersOf(project, deployment, reactionsOf(resources, alerts, deployment)),
    now,
  );
};
