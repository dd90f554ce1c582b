/** `millrace monitor rehearse`: what the rule would have raised on what was counted. */
import type { CompareWith } from '../../monitor/drift/strata.ts';
import { proposalWords, raisedRow, raisedWords, rehearsedWords } from '../../monitor/watch/rehearsal-words.ts';
import type { OtherRule } from '../../monitor/watch/standing.ts';
import { readBegin } from '../../registry/moment.ts';
import type { Cli } from '../command.ts';

export interface RehearseWatchOptions {
  readonly since?: string;
  readonly compareWith?: CompareWith;
  readonly falseAlarms?: number;
  readonly leastEffect?: number;
  readonly json?: true;
}

const QUARTER_MS = 90 * 86_400_000;

export const rehearse = async (name: string, options: RehearseWatchOptions, { app, terminal }: Cli): Promise<void> => {
  const { since, compareWith, falseAlarms: falseAlarmsAYear, leastEffect, json } = options;
  const begin = since === undefined ? new Date(Date.now() - QUARTER_MS) : readBegin(since, '--since');
  const other: OtherRule = {
    ...(compareWith && { compareWith }),
    ...(falseAlarmsAYear !== undefined && { falseAlarmsAYear }),
    ...(leastEffect !== undefined && { leastEffect }),
  };
  const found = await (await (await app()).monitor()).rehearse(name, begin, other);
  if (json) return terminal.json(found);
  terminal.err(rehearsedWords(found));
  if (found.alerts.length > 0) terminal.table(found.alerts.map(raisedRow));
  if (found.windows > 0) terminal.err(raisedWords(found));
  const proposal = proposalWords(found);
  if (proposal !== undefined) terminal.err(proposal);
};
