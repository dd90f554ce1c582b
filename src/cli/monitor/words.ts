/** How the watch over deployments is told in lines. */
import type { WatchNews } from '../../deployments/watching.ts';
import { carriedLine } from '../../reactions/reaction-words.ts';
import type { Terminal } from '../../terminal/terminal.ts';

export const hearWatch = (news: WatchNews, { err }: Pick<Terminal, 'err'>): void => {
  if (news.what === 'trouble') err(`monitoring: ${news.problem.message}; tried again`);
  else if (news.what === 'labelled') {
    const { deployment, counts } = news;
    if (counts.labelled > 0) err(`${deployment}: ${counts.labelled} predictions are labelled`);
  } else if (news.what === 'missed') err(`channel ${news.channel}: ${news.problem.message}`);
  else if (news.what === 'reacted') err(carriedLine(news.carried));
  else for (const { sentence } of news.judged.findings) err(`${news.judged.deployment}: ${sentence}`);
};
