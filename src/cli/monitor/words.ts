/** How the watch over deployments is told in lines. */
import type { WatchedJudgement } from '../../deployments/monitor.ts';
import type { WatchNews } from '../../deployments/watching.ts';
import { shortTime } from '../../terminal/short.ts';
import type { Terminal } from '../../terminal/terminal.ts';

export const hearWatch = (news: WatchNews, { err }: Pick<Terminal, 'err'>): void => {
  if (news.what === 'trouble') err(`monitoring: ${news.problem.message}; tried again`);
  else if (news.what === 'missed') err(`channel ${news.channel}: ${news.problem.message}`);
  else for (const { sentence } of news.judged.findings) err(`${news.judged.deployment}: ${sentence}`);
};

export const windowName = ({ window: { from, to } }: Pick<WatchedJudgement, 'window'>): string =>
  Date.parse(to) - Date.parse(from) >= 86_400_000 ? from.slice(0, 10) : shortTime(from);
