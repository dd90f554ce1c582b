/** `millrace rollout status`: how rollouts stand, once or until they are over. */
import { setTimeout as pause } from 'node:timers/promises';
import type { RolloutControl, RolloutStanding } from '../../deployments/rollouts/control.ts';
import { isAtWork } from '../../serving/rollouts/rollout.ts';
import { shortTime } from '../../terminal/short.ts';
import type { Cli } from '../command.ts';
import { countRows, measureRows, told } from './words.ts';

export interface RolloutStatusOptions {
  readonly json?: true;
  readonly watch?: true;
}

const WATCH_MS = 1000;

const tellOne = ({ rollout, counts, measures, moves }: RolloutStanding, { terminal }: Cli): void => {
  terminal.out(told(rollout));
  if (counts.length > 0) terminal.table(countRows(rollout, counts));
  const measured = measureRows(measures);
  if (measured.length > 0) terminal.table(measured);
  terminal.table(
    moves.map(({ at, action, who, why }) => ({ at: shortTime(at), action, who, why })),
    ['at', 'action', 'who', 'why'],
  );
};

const tell = (standings: readonly RolloutStanding[], deployment: string | undefined, cli: Cli): void => {
  if (standings.length === 0) cli.terminal.err('There is no rollout.');
  else if (deployment === undefined) for (const { rollout } of standings) cli.terminal.out(told(rollout));
  else tellOne(standings[0], cli);
};

/** Tells of it as often as something has changed, until nothing is at work. */
const watch = async (
  control: RolloutControl,
  deployment: string | undefined,
  json: boolean,
  cli: Cli,
): Promise<void> => {
  let before = '';
  for (;;) {
    const standings = await control.status(deployment);
    const now = JSON.stringify(standings);
    if (now !== before) {
      if (json) cli.terminal.out(now);
      else tell(standings, deployment, cli);
    }
    before = now;
    if (cli.signal.aborted || !standings.some(({ rollout }) => isAtWork(rollout))) return;
    await pause(WATCH_MS, undefined, { signal: cli.signal }).catch(() => undefined);
  }
};

export const showStatus = async (
  deployment: string | undefined,
  { json, watch: isWatched }: RolloutStatusOptions,
  cli: Cli,
): Promise<void> => {
  const control = await (await cli.app()).rollout();
  if (isWatched) return watch(control, deployment, json === true, cli);
  const standings = await control.status(deployment);
  if (json) cli.terminal.json(standings);
  else tell(standings, deployment, cli);
};
