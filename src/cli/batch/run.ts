import { rowAt } from '../../files/scoring.ts';
import { shadowText } from '../../modes/batch/report/shadow-text.ts';
import { runJson } from '../../modes/batch/run-json.ts';
import { shortDigest } from '../../terminal/short.ts';
import type { Cli } from '../command.ts';
import { createTeller, nameOf, reportLine, summaryLine } from './tell.ts';

export interface BatchRunOptions {
  readonly window?: string;
  readonly shadow?: string;
  readonly dryRun?: true;
  readonly force?: true;
  readonly json?: true;
}

const SHOWN = 5;

const dryRun = async (
  deployment: string,
  { window, force, json }: BatchRunOptions,
  { app, terminal }: Cli,
): Promise<void> => {
  const batch = await (await app()).batch();
  const { rows, rejects, ...would } = await batch.rehearse({ deployment, window, force });
  const first = Array.from({ length: Math.min(SHOWN, rows.rows) }, (_, index) => rowAt(rows, index));
  const constants = would.columns.flatMap(({ name, constant }) =>
    constant === undefined ? [] : [[name, constant] as const],
  );
  const shown = first.map((row) => ({ ...row, ...Object.fromEntries(constants) }));
  if (json) return terminal.json({ ...would, rejected: rejects.length, first: shown });
  terminal.err(
    `${would.deployment} ${would.scope === 'all' ? '' : `${would.scope} `}with ${would.model}@${would.version} ${shortDigest(would.digest)}`,
  );
  terminal.err(`from ${would.source} to ${would.sink}, key ${would.key.join(', ')}; nothing was written`);
  for (const note of would.notes) terminal.err(note);
  terminal.err(`of the first ${would.looked_at} rows, ${rejects.length} would be rejected`);
  for (const { row, problem } of rejects.slice(0, SHOWN))
    terminal.err(`  row ${row}: ${problem.code}: ${problem.message}`);
  const headings = would.columns.filter(({ constant }) => constant === undefined).map(({ name }) => name);
  terminal.table(
    shown.map((row) =>
      Object.fromEntries(headings.map((name) => [name, (row as Record<string, unknown>)[name] as string])),
    ),
    headings,
  );
};

/** `millrace batch run`. */
export const run = async (deployment: string, options: BatchRunOptions, cli: Cli): Promise<void> => {
  if (options.dryRun) return dryRun(deployment, options, cli);
  const { app, terminal, signal, cwd } = cli;
  const batch = await (await app()).batch();
  const teller = createTeller(cli);
  try {
    const outcome = await batch.run({
      deployment,
      window: options.window,
      shadow: options.shadow,
      force: options.force,
      signal,
      onEvent: (event) => teller.hear(event),
    });
    teller.done();
    const { what, run: made, report, reacted } = outcome;
    if (options.json) terminal.json({ what, ...runJson(made, report) });
    else if (what === 'done') {
      terminal.out(`${nameOf(made)} was finished before, by run ${made.id}; --force replaces it`);
    } else {
      terminal.out(`${nameOf(made)} finished: ${summaryLine(outcome.summary)}`);
      if (outcome.summary.shadow) terminal.out(shadowText(outcome.summary.shadow));
      terminal.err(reportLine(report, cwd));
    }
    if (reacted.some((one) => one.what === 'failed')) cli.exit(1);
  } finally {
    teller.done();
  }
};
