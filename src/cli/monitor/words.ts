/** How the watch over deployments is told in lines. */
import type { WatchNews } from '../../deployments/watching.ts';
import type { WatchedJudgement } from '../../monitor/watch/standing.ts';
import type { CarriedOut } from '../../reactions/carry-out.ts';
import { shortTime } from '../../terminal/short.ts';
import type { Terminal } from '../../terminal/terminal.ts';

/** `rides: rollback of production: rides@production is back at 1.0.0 (was 1.1.0)` */
const carriedLine = ({ deployment, what, outcome: { is, sentence }, again }: CarriedOut): string => {
  const how = is === 'done' ? '' : again === undefined ? ` ${is}` : ' failed, tried again';
  return `${deployment}: ${what}${how}: ${sentence}`;
};

export const hearWatch = (news: WatchNews, { err }: Pick<Terminal, 'err'>): void => {
  if (news.what === 'trouble') err(`monitoring: ${news.problem.message}; tried again`);
  else if (news.what === 'missed') err(`channel ${news.channel}: ${news.problem.message}`);
  else if (news.what === 'reacted') err(carriedLine(news.carried));
  else for (const { sentence } of news.judged.findings) err(`${news.judged.deployment}: ${sentence}`);
};

export const windowName = ({ window: { from, to } }: Pick<WatchedJudgement, 'window'>): string =>
  Date.parse(to) - Date.parse(from) >= 86_400_000 ? from.slice(0, 10) : shortTime(from);
