import { named } from '../../deployments/decide.ts';
import { keyName } from '../../events/key.ts';
import { type DryRunTotals, dryRun as tryRules } from '../../modes/decide/dry-run.ts';
import type { MadeDecision } from '../../modes/decide/fold.ts';
import { sinceOf } from '../../modes/decide/since.ts';
import { count, many, oneLine, shortTime } from '../../terminal/short.ts';
import type { Cli } from '../command.ts';
import { isTerminal } from '../streams/show-event.ts';

export interface DryRunArguments {
  readonly from: string;
  readonly last: number;
  readonly json?: true;
}

const carried = ({ decision }: MadeDecision): string => {
  const values = Object.entries(decision.with ?? {});
  return oneLine(values.map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join(', ')) ?? '';
};

/** What there is to say beside the decisions, one line each. */
const remarks = (totals: DryRunTotals): readonly string[] => [
  ...(totals.filtered > 0 ? [`${many(totals.filtered, 'event')} no part wants`] : []),
  ...(totals.undecided > 0 ? [`${many(totals.undecided, 'key')} without a rule that holds`] : []),
  ...(totals.dropped > 0 ? [`${many(totals.dropped, 'key')} dropped at the deadline`] : []),
  ...(totals.late > 0 ? [`${many(totals.late, 'event')} came after the decision`] : []),
  ...(totals.waiting > 0 ? [`${many(totals.waiting, 'key')} would still wait`] : []),
  ...[...totals.dead].map(
    ([code, { count, message }]) => `${many(count, 'dead letter')} with ${code}, the first: ${oneLine(message)}`,
  ),
];

/** `millrace decide --dry-run`: what rules would have decided, up to now; nothing is written. */
export const dryRun = async (name: string, { from, last, json }: DryRunArguments, cli: Cli): Promise<void> => {
  const { terminal, signal } = cli;
  const app = await cli.app();
  const deployment = named(app, name);
  const broker = await app.broker();
  const now = Date.now();
  const lines = json === true || !isTerminal(terminal);
  const { decisions, totals } = tryRules(broker, deployment, { since: sinceOf(from, now), now, signal });

  const rows: MadeDecision[] = [];
  const sums = new Map<string, { complete: number; deadline: number }>();
  let total = 0;
  const progress = terminal.progress();
  for await (const made of decisions) {
    const { decision, at } = made;
    total++;
    const sum = sums.get(decision.decision) ?? { complete: 0, deadline: 0 };
    sum[decision.because]++;
    sums.set(decision.decision, sum);
    if (lines) terminal.out(JSON.stringify({ at: new Date(at).toISOString(), ...decision }));
    else {
      rows.push(made);
      if (rows.length > last) rows.shift();
      progress.update(many(totals.events, 'event'));
    }
  }
  progress.done();
  if (signal.aborted) return;

  if (!lines && total > 0) {
    terminal.table(
      rows.map((made) => ({
        when: shortTime(new Date(made.at).toISOString()),
        key: oneLine(keyName(made.decision.key)),
        decision: oneLine(made.decision.decision),
        because: made.decision.because,
        missing: made.decision.missing.join(', '),
        with: carried(made),
      })),
    );
    if (total > rows.length) terminal.err(`… the last ${rows.length} of ${count(total)}; --last <n> shows more`);
    terminal.out('');
    terminal.table(
      [...sums]
        .toSorted(([, a], [, b]) => b.complete + b.deadline - a.complete - a.deadline)
        .map(([decision, { complete, deadline }]) => ({
          decision: oneLine(decision),
          complete,
          deadline,
          keys: complete + deadline,
          share: `${(((complete + deadline) / total) * 100).toFixed(1)} %`,
        })),
    );
  }
  terminal.err(`${many(total, 'decision')} from ${many(totals.events, 'event')}; nothing was written`);
  for (const remark of remarks(totals)) terminal.err(`  ${remark}`);
};
