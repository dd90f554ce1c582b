import { once } from 'node:events';
import type { ScheduleEvent } from '../../modes/batch/scheduler.ts';
import { startScheduler } from '../../modes/batch/scheduler.ts';
import { createTeller, nameOf, summaryLine } from '../batch/tell.ts';
import type { Cli } from '../command.ts';
import { oneLine, shortTime } from '../short.ts';
import type { Runner } from './runner.ts';

const tickTime = (tick: number): string => shortTime(new Date(tick).toISOString());

const hearOf = (name: string, cli: Cli) => {
  const teller = createTeller(cli);
  return (event: ScheduleEvent): void => {
    if (event.what === 'finished') {
      const { summary } = event.run;
      cli.terminal.out(`${nameOf(event.run)} finished: ${summary ? summaryLine(summary) : ''}`);
    } else if (event.what === 'failed') {
      cli.terminal.err(`${name} ${event.scope} failed: ${event.problem.code}: ${oneLine(event.problem.message)}`);
    } else if (event.what === 'done') {
      cli.terminal.err(`${name} ${event.scope} was finished before; next at ${tickTime(event.next)}`);
    } else if (event.what === 'skipped') cli.terminal.err(`${name} ${event.scope} skipped: the run before is not done`);
    else if (event.what === 'left') cli.terminal.err(`${name} ${event.scope} is left to the process that does it`);
    else teller.hear(event);
  };
};

/** Batch deployments that have a schedule. */
export const runBatches: Runner = async (names, cli) => {
  const { terminal, signal } = cli;
  const batch = await (await cli.app()).batch();
  const schedulers = names.flatMap((name) => {
    const deployment = batch.deployment(name);
    if (deployment.schedule === undefined) {
      terminal.err(`${name} has no schedule: millrace batch run ${name}`);
      return [];
    }
    const scheduler = startScheduler({
      batch,
      deployment,
      clock: () => new Date(),
      signal,
      onEvent: hearOf(name, cli),
    });
    const from = deployment.window === undefined ? 'all of its source' : `the last ${deployment.window}`;
    terminal.err(
      `${terminal.style('bold', name, 'err')}  ${deployment.model}  ${from}, next at ${tickTime(scheduler.next())}`,
    );
    return [scheduler];
  });
  await Promise.all(schedulers.map(({ ended }) => ended));
  if (!signal.aborted) await once(signal, 'abort');
};
