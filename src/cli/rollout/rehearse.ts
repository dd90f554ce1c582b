/** `millrace rollout rehearse`: what a rollout would have said on rows that were recorded. */
import type { RehearseRollout, RolloutRehearsal } from '../../deployments/rollouts/rehearse.ts';
import type { Cli } from '../command.ts';
import { countRows, measureRows } from './words.ts';

const tell = (rehearsal: RolloutRehearsal, { terminal }: Cli): void => {
  const { rollout, rows, labelled, counts, measures, next, why, verdicts } = rehearsal;
  const { deployment, stable, candidate, compare = [] } = rollout;
  const known = compare.length === 0 ? '' : `, ${labelled} of them labelled`;
  terminal.out(`${deployment}  ${stable.version} → ${candidate.version}  on ${rows} recorded rows${known}`);
  terminal.table(countRows(rollout, [counts]));
  const measured = measureRows(measures);
  if (measured.length > 0) terminal.table(measured);
  for (const { outcome, sentence } of verdicts) terminal.out(`${outcome}: ${sentence}`);
  terminal.out(`${counts.candidate.differing} of ${rows} rows are answered otherwise`);
  terminal.out(next === 'roll back' ? `It would be rolled back: ${why}` : 'Nothing would roll it back.');
};

/** Exit code 1 where the candidate would be rolled back. */
export const rehearse = async (
  deployment: string,
  { json, ...what }: RehearseRollout & { readonly json?: true | undefined },
  cli: Cli,
): Promise<void> => {
  const { rehearse: run } = await (await cli.app()).rollout();
  const rehearsal = await run(deployment, { ...what, signal: cli.signal });
  if (json) cli.terminal.json(rehearsal);
  else tell(rehearsal, cli);
  if (rehearsal.next === 'roll back') cli.exit(1);
};
