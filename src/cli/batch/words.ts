/** What schedules of batch deployments say while they are kept. */
import type { ScheduleEvent } from '../../modes/batch/scheduler.ts';
import { oneLine, shortTime } from '../../terminal/short.ts';
import type { Cli } from '../command.ts';
import type { ModeWords } from '../deployed.ts';
import { createTeller, nameOf, summaryLine } from './tell.ts';

const tickTime = (tick: number): string => shortTime(new Date(tick).toISOString());

export const batchWords = (cli: Cli): ModeWords => {
  const { terminal } = cli;
  const tellers = new Map<string, ReturnType<typeof createTeller>>();
  const tellerOf = (name: string) => {
    const teller = tellers.get(name) ?? createTeller(cli);
    tellers.set(name, teller);
    return teller;
  };
  const hear = (name: string, event: ScheduleEvent): void => {
    if (event.what === 'finished') {
      const { summary } = event.run;
      terminal.out(`${nameOf(event.run)} finished: ${summary ? summaryLine(summary) : ''}`);
    } else if (event.what === 'failed') {
      terminal.err(`${name} ${event.scope} failed: ${event.problem.code}: ${oneLine(event.problem.message)}`);
    } else if (event.what === 'done') {
      terminal.err(`${name} ${event.scope} was finished before; next at ${tickTime(event.next)}`);
    } else if (event.what === 'skipped') terminal.err(`${name} ${event.scope} skipped: the run before is not done`);
    else if (event.what === 'left') terminal.err(`${name} ${event.scope} is left to the process that does it`);
    else tellerOf(name).hear(event);
  };
  return {
    hear: ({ mode, name, news }) => {
      if (mode === 'batch') hear(name, news);
    },
    started: (running) => {
      for (const one of running) {
        if (one.mode !== 'batch') continue;
        const { deployment, next } = one.work;
        const from = deployment.window === undefined ? 'all of its source' : `the last ${deployment.window}`;
        const name = terminal.style('bold', one.name, 'err');
        terminal.err(`${name}  ${deployment.model}  ${from}, next at ${tickTime(next())}`);
      }
    },
  };
};
