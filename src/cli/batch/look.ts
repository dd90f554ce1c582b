/** `millrace batch list`, `show`, `cancel`, `rejects` and `retry-rejects`. */
import { jsonText } from '../../files/cells.ts';
import { runJson } from '../../modes/batch/run-json.ts';
import type { Status } from '../../modes/batch/types.ts';
import { oneLine, shortTime } from '../../terminal/short.ts';
import type { Cli } from '../command.ts';
import { createTeller, nameOf, reportLine, seconds, summaryLine } from './tell.ts';

export interface ListRunsOptions {
  readonly status?: Status;
  readonly last: number;
  readonly json?: true;
}

export const list = async (
  deployment: string | undefined,
  { status, last, json }: ListRunsOptions,
  { app, terminal }: Cli,
) => {
  const batch = await (await app()).batch();
  if (deployment !== undefined) batch.deployment(deployment);
  const runs = await batch.list({ deployment, status, limit: last });
  if (json) return terminal.json(runs.map((run) => runJson(run, batch.reportOf(run))));
  if (runs.length === 0) return terminal.err('no runs yet: millrace batch run <deployment>');
  terminal.table(
    runs.map((run) => ({
      run: run.id,
      deployment: run.deployment,
      window: run.scope === 'all' ? '' : run.scope,
      status: run.status,
      kind: run.kind === 'retry' ? 'retry' : run.cause,
      version: run.version,
      rows: run.rows_in,
      rejected: run.rows_rejected,
      began: shortTime(run.started_at),
      problem: run.problem?.code,
    })),
  );
};

export interface ShowOptions {
  readonly json?: true;
}

export const show = async (id: string, { json }: ShowOptions, { app, terminal, cwd }: Cli): Promise<void> => {
  const batch = await (await app()).batch();
  const run = await batch.find(id);
  const report = batch.reportOf(run);
  if (json) return terminal.json(runJson(run, report));
  const { summary } = run;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['run', run.id],
    ['deployment', nameOf(run)],
    ['status', run.status],
    ['model', `${run.model}@${run.version} ${run.digest}`],
    ['begun', `${shortTime(run.started_at)} by ${run.cause}${run.parent ? `, a retry of ${run.parent}` : ''}`],
    ['ended', run.finished_at && shortTime(run.finished_at)],
    ['rows', summary ? summaryLine(summary) : `${run.rows_in} so far, ${run.rows_rejected} rejected`],
    [
      'time',
      summary &&
        (['read', 'score', 'write'] as const)
          .map((what) => `${what} ${seconds(summary.waits[what] / 1000)}`)
          .join(', '),
    ],
    [
      'rejected',
      summary &&
        Object.entries(summary.rejected)
          .map(([code, count]) => `${code} ${count}`)
          .join(', '),
    ],
    ['from', summary?.source],
    ['to', summary?.sink],
    ['problem', run.problem && `${run.problem.code}: ${oneLine(run.problem.message)}`],
    ['report', summary && reportLine(report, cwd).slice('report: '.length)],
  ];
  for (const [name, text] of facts) if (text) terminal.out(`${terminal.style('dim', name.padEnd(10))}  ${text}`);
};

export const cancel = async (id: string, { app, terminal }: Cli): Promise<void> => {
  const { run, at } = await (await (await app()).batch()).cancel(id);
  terminal.out(at === 'once' ? `${run.id} is cancelled` : `${run.id} is told to stop, and will at its next step`);
};

export interface RejectsOptions {
  readonly all?: true;
  readonly last: number;
  readonly json?: true;
}

/** NDJSON in a pipe and with `--json`; the first ones under headings on a terminal. */
export const rejects = async (
  id: string,
  { all, last, json }: RejectsOptions,
  { app, terminal }: Cli,
): Promise<void> => {
  const batch = await (await app()).batch();
  const run = await batch.find(id);
  const pages = await batch.rejects(id, { unresolved: !all });
  const isTerminal = (terminal.stdout as { readonly isTTY?: boolean }).isTTY === true;
  const shown: Record<string, string | number>[] = [];
  let count = 0;
  for await (const page of pages) {
    for (const { row, key, problem, input, resolved_by } of page) {
      count++;
      if (json || !isTerminal) terminal.out(jsonText({ row, key, ...problem, input, resolved_by }));
      else if (shown.length < last)
        shown.push({ row, key: key.map(String).join(', '), code: problem.code, why: oneLine(problem.message) ?? '' });
    }
  }
  if (shown.length > 0) terminal.table(shown);
  if (count > shown.length && isTerminal && !json)
    terminal.err(`and ${count - shown.length} more; in a pipe, all of them`);
  if (count === 0)
    terminal.err(`${run.id} has ${run.rows_rejected === 0 ? 'no rejected rows' : 'no rejected rows left'}`);
};

export interface RetryRunOptions {
  readonly json?: true;
}

export const retryRejects = async (id: string, { json }: RetryRunOptions, cli: Cli): Promise<void> => {
  const { app, terminal, signal } = cli;
  const batch = await (await app()).batch();
  const teller = createTeller(cli);
  const outcome = await batch
    .retryRejects(id, { signal, onEvent: (event) => teller.hear(event) })
    .finally(() => teller.done());
  const { run } = outcome;
  if (json) terminal.json({ what: outcome.what, ...runJson(run, outcome.report) });
  else terminal.out(`${nameOf(run)}: ${run.rows_out} of ${run.rows_in} rejected rows are predicted now`);
  if (run.rows_rejected > 0) cli.exit(1);
};
