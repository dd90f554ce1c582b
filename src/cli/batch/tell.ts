/** What a batch run says while it goes on, and at its end. */
import { relative } from 'node:path';
import type { BatchEvent, ReportPaths } from '../../modes/batch/batch.ts';
import type { Reacted } from '../../modes/batch/react.ts';
import type { Run, Summary } from '../../modes/batch/types.ts';
import { count, oneLine } from '../../terminal/short.ts';
import type { Cli } from '../command.ts';

/** `1.23 s`; minutes from 90 seconds on. */
export const seconds = (value: number): string =>
  value < 90 ? `${Number(value.toPrecision(3))} s` : `${Number((value / 60).toPrecision(3))} min`;

const share = (part: number, all: number): string =>
  all === 0 ? '' : ` (${Number(((part / all) * 100).toPrecision(2))} %)`;

/** One line of a finished run. */
export const summaryLine = (summary: Summary): string => {
  const { rows_in, rows_out, rows_rejected, rows_per_second } = summary;
  const rejected =
    rows_rejected === 0 ? 'none rejected' : `${count(rows_rejected)} rejected${share(rows_rejected, rows_in)}`;
  return `${count(rows_in)} rows, ${count(rows_out)} predictions, ${rejected}, ${seconds(summary.seconds)} (${count(rows_per_second)} rows/s)`;
};

export const nameOf = ({ deployment, scope }: Pick<Run, 'deployment' | 'scope'>): string =>
  scope === 'all' ? deployment : `${deployment} ${scope}`;

const reactionLine = ({ name, what, problem }: Reacted): string =>
  what === 'failed' ? `${name}: ${problem?.code}: ${oneLine(problem?.message)}` : `${name}: ${what}`;

/** Hears of a run: a line that changes on a terminal, lines for what matters everywhere. */
export const createTeller = ({ terminal }: Cli) => {
  const progress = terminal.progress();
  const started = performance.now();
  let waiting = false;
  const { err } = terminal;
  return {
    hear(event: BatchEvent): void {
      if (event.what === 'began') {
        err(`${nameOf(event.run)}: run ${event.run.id} with ${event.run.model}@${event.run.version}`);
      } else if (event.what === 'continued') {
        const { id, rows_in, model, version } = event.run;
        const place = rows_in === 0 ? '' : ` behind row ${count(rows_in)}`;
        err(`${nameOf(event.run)}: going on with run ${id}${place}, with ${model}@${version}`);
      } else if (event.what === 'noted') {
        err(event.message);
      } else if (event.what === 'waiting') {
        if (!waiting) err(`${oneLine(event.message)}; waiting for it`);
        waiting = true;
        progress.update(`waiting, ${event.seconds} s so far`);
      } else if (event.what === 'progress') {
        if (waiting) err('there again; going on');
        waiting = false;
        const rate = event.rows / ((performance.now() - started) / 1000);
        const done = event.share === undefined ? '' : ` · ${Math.floor(event.share * 100)} %`;
        const rejected = event.rejected === 0 ? '' : ` · ${count(event.rejected)} rejected`;
        progress.update(`${count(event.rows)} rows${done}${rejected} · ${count(Math.round(rate))}/s`);
      } else if (event.what === 'reacted' && event.reacted.what !== 'not due') err(reactionLine(event.reacted));
    },
    done: () => progress.done(),
  };
};

export const reportLine = ({ html }: ReportPaths, cwd: string): string => {
  const short = relative(cwd, html);
  return `report: ${short.startsWith('..') ? html : short}`;
};
