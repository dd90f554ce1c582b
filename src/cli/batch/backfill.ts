import type { WindowDone } from '../../modes/batch/batch.ts';
import type { Cli } from '../command.ts';
import { createTeller, summaryLine } from './tell.ts';

export interface BackfillOptions {
  readonly from: string;
  readonly to: string;
  readonly only: 'missing' | 'failed' | 'all';
  readonly concurrency: number;
  readonly dryRun?: true;
  readonly json?: true;
}

const line = ({ window, what, run, problem }: WindowDone): string => {
  if (problem) return `${window} failed: ${problem.code}: ${problem.message}`;
  if (what === 'done') return `${window} was finished before`;
  return run?.summary ? `${window} finished: ${summaryLine(run.summary)}` : `${window} ${what}`;
};

const leftOutLine = (labels: readonly string[]): string =>
  labels.length === 1
    ? `${labels[0]} is left out: it is not over yet`
    : `${labels[0]} to ${labels.at(-1)} are left out: they are not over yet`;

/** `millrace batch backfill`. */
export const backfill = async (deployment: string, options: BackfillOptions, cli: Cli): Promise<void> => {
  const { app, terminal, signal } = cli;
  const { json, dryRun = false, ...rest } = options;
  const batch = await (await app()).batch();
  const teller = createTeller(cli);
  const done = await batch
    .backfill({
      deployment,
      ...rest,
      dryRun,
      signal,
      onEvent: (event) => {
        // Several windows at once would only take the line from each other.
        if (options.concurrency === 1 || event.what === 'waiting' || event.what === 'reacted') teller.hear(event);
      },
      onLeftOut: (windows) => terminal.err(leftOutLine(windows.map(({ label }) => label))),
      onWindow: (one) => {
        if (!json) terminal.out(line(one));
      },
    })
    .finally(() => teller.done());
  if (json) terminal.json(done.map(({ window, what, run, problem }) => ({ window, what, run: run?.id, problem })));
  else if (dryRun) for (const one of done) terminal.out(line(one));
  if (done.length === 0 && !json) terminal.err('nothing to do: every window that is over is finished');
  const failed = done.filter(({ what }) => what === 'failed').length;
  if (failed > 0) {
    terminal.err(`${failed} of ${done.length} windows failed`);
    cli.exit(2);
  }
};
