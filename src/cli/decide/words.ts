/** What decide deployments say while they are at work. */
import type { DecideNews } from '../../modes/decide/decide.ts';
import { count, many, oneLine } from '../../terminal/short.ts';
import { keepShowing, sayOnce } from '../../terminal/telling.ts';
import type { Cli } from '../command.ts';
import type { ModeWords } from '../deployed.ts';

interface Tally {
  readonly decisions: Map<string, number>;
  undecided: number;
  delivered: number;
  dead: number;
}

const inWords = ({ decisions, undecided, delivered, dead }: Tally): string => {
  const total = [...decisions.values()].reduce((sum, one) => sum + one, 0);
  const each = [...decisions].map(([name, times]) => `${count(times)} ${oneLine(name)}`).join(', ');
  return [
    `${count(total)} decided${each === '' ? '' : ` (${each})`}`,
    ...(undecided > 0 ? [`${count(undecided)} without a rule that holds`] : []),
    ...(delivered > 0 ? [`${count(delivered)} told`] : []),
    ...(dead > 0 ? [many(dead, 'dead letter')] : []),
  ].join(', ');
};

export const decideWords = ({ app, terminal }: Cli): ModeWords => {
  const tally: Tally = { decisions: new Map(), undecided: 0, delivered: 0, dead: 0 };
  const once = sayOnce(terminal);
  let stopShowing = (): void => {};
  const bury = (name: string, codes: Iterable<readonly [code: string, events: number]>): void => {
    for (const [code, events] of codes) {
      tally.dead += events;
      once(`${name}: dead letters with ${code}; see millrace decide dead-letters ${name}`);
    }
  };
  const hear = (name: string, news: DecideNews): void => {
    if (news.kind === 'collected') bury(name, news.collected.dead);
    else if (news.kind === 'decided') {
      for (const { decision } of news.folded.decisions) {
        tally.decisions.set(decision.decision, (tally.decisions.get(decision.decision) ?? 0) + 1);
      }
      tally.undecided += news.folded.undecided;
      bury(name, news.folded.dead);
    } else if (news.kind === 'delivered') {
      tally.delivered += news.delivered.delivered;
      bury(
        name,
        news.delivered.failed.map(({ code }) => [code, 1]),
      );
    } else once(`${name}: ${news.problem.code}: ${oneLine(news.problem.message)}; trying again`);
  };
  return {
    hear: ({ mode, name, news }) => {
      if (mode === 'decide') hear(name, news);
    },
    started: async (running, health) => {
      const deciding = running.flatMap((one) => (one.mode === 'decide' ? [one.work] : []));
      stopShowing = keepShowing(terminal, () => {
        const waiting = deciding.reduce((sum, one) => sum + one.waiting, 0);
        return `${inWords(tally)} · ${many(waiting, 'key')} ${waiting === 1 ? 'waits' : 'wait'}`;
      });
      for (const { deployment } of deciding) {
        const { name, topics, decisions, webhook } = deployment;
        const to = [decisions, ...(webhook ? [new URL(webhook.url).origin] : [])].join(' and ');
        terminal.err(`${terminal.style('bold', name, 'err')}  ${topics.join(', ')} → ${to}`);
      }
      const { place } = await (await app()).broker();
      terminal.err(`reading ${place}${health ? `; ${health}/metrics` : ''}; Ctrl-C stops it`);
    },
    stopping: () => stopShowing(),
    stopped: () => terminal.err(`stopped: ${inWords(tally)}`),
  };
};
