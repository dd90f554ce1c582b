/** What streams say while they are at work. */
import type { Deployed } from '../../deployments/at-work.ts';
import type { Stream, StreamNews } from '../../modes/stream/stream.ts';
import { count, many, oneLine, shortDigest } from '../../terminal/short.ts';
import { keepShowing, sayOnce } from '../../terminal/telling.ts';
import type { Cli } from '../command.ts';
import type { ModeWords } from '../deployed.ts';

/** What came of them so far. */
interface Tally {
  predicted: number;
  filtered: number;
  tombstones: number;
  dead: number;
}

const inWords = ({ predicted, filtered, tombstones, dead }: Tally): string =>
  [
    `${count(predicted)} predicted`,
    ...(filtered > 0 ? [`${count(filtered)} filtered`] : []),
    ...(tombstones > 0 ? [many(tombstones, 'tombstone')] : []),
    ...(dead > 0 ? [many(dead, 'dead letter')] : []),
  ].join(', ');

/** Events that were predicted in the last second, as seen each time. */
const createRate = (): ((predicted: number) => number) => {
  let last = { at: performance.now(), predicted: 0 };
  let rate = 0;
  return (predicted) => {
    const now = performance.now();
    if (now - last.at >= 1000) {
      rate = ((predicted - last.predicted) / (now - last.at)) * 1000;
      last = { at: now, predicted };
    }
    return rate;
  };
};

export const streamsAmong = (running: readonly Deployed[]): readonly Stream[] =>
  running.flatMap((one) => (one.mode === 'stream' ? [one.work] : []));

export const streamWords = ({ app, terminal }: Cli): ModeWords & { readonly tally: Readonly<Tally> } => {
  const tally: Tally = { predicted: 0, filtered: 0, tombstones: 0, dead: 0 };
  const once = sayOnce(terminal);
  let stopShowing = (): void => {};
  const hear = (name: string, news: StreamNews): void => {
    if (news.kind === 'advanced') {
      tally.predicted += news.outcome.predictions.length;
      tally.filtered += news.outcome.filtered;
      tally.tombstones += news.outcome.skipped + news.outcome.passed;
      for (const [code, times] of news.outcome.dead) {
        tally.dead += times;
        once(`${name}: dead letters with ${code}; see millrace stream dead-letters ${name}`);
      }
    } else if (news.kind === 'replaced') {
      terminal.err(`${name}: version ${news.to} takes over from ${news.from}`);
    } else {
      once(`${name}: ${news.problem.code}: ${oneLine(news.problem.message)}; trying again`);
    }
  };
  return {
    tally,
    hear: ({ mode, name, news }) => {
      if (mode === 'stream') hear(name, news);
    },
    started: async (running, health) => {
      const streams = streamsAmong(running);
      const rate = createRate();
      stopShowing = keepShowing(terminal, () => {
        const lag = streams.flatMap(({ partitions }) => partitions).reduce((sum, partition) => sum + partition.lag, 0);
        const perSecond = count(Math.round(rate(tally.predicted)));
        return `${inWords(tally)} · ${perSecond}/s · ${count(lag)} wait`;
      });
      for (const { deployment, model } of streams) {
        const to = [deployment.to, deployment.sink?.table].filter((one) => one !== undefined).join(' and ');
        const name = terminal.style('bold', deployment.name, 'err');
        const what = `${model.model}@${model.version}  ${shortDigest(model.digest)}`;
        terminal.err(`${name}  ${what}  ${deployment.from.join(', ')} → ${to}`);
      }
      const { place } = await (await app()).broker();
      terminal.err(`reading ${place}${health ? `; ${health}/metrics` : ''}; Ctrl-C stops it`);
    },
    stopping: () => stopShowing(),
    stopped: () => terminal.err(`stopped: ${inWords(tally)}`),
  };
};
