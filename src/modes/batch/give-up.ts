/** The end of a run that cannot be done: what has failed is said to have, what was only stopped is left for whoever goes on. */
import { MillraceError, messageOf, type Problem } from '../../core/errors.ts';
import type { Sink } from '../../sinks/sink.ts';
import { type EndsOptions, withEnds } from './ends.ts';
import type { BatchHost } from './host.ts';
import type { Ledger } from './ledger/ledger.ts';
import { shapeOf } from './plan.ts';
import { summarize } from './summary.ts';
import { sinkRunOf } from './task.ts';
import type { Run } from './types.ts';

export interface GiveUpOptions extends EndsOptions {
  readonly run: Run;
  readonly owner: string;
  readonly signal: AbortSignal;
}

/** Failures after which what is staged may be looked at. */
const KEPT_ASIDE: ReadonlySet<string> = new Set(['TOO_MANY_REJECTS', 'DUPLICATE_KEY']);

interface Left {
  readonly source: string;
  readonly sink: string;
  /** What was staged lies here now. */
  readonly aside?: string | undefined;
}

/** What is staged is dropped, or kept under a name that says that it is not all; else it is left for the next run. */
const putAway = async (sink: Sink, ledger: Ledger, run: Run, code: string): Promise<string | undefined> => {
  if (code === 'CANCELLED') await sink.drop(run.id);
  if (!KEPT_ASIDE.has(code)) return undefined;
  const { plan } = await ledger.find(run.id);
  return plan && (await sink.open(sinkRunOf(run), shapeOf(plan))).setAside();
};

/** The failure itself is what is to be told: one on the way here is not, as the next run finds again what is staged. */
const clearAway = (host: BatchHost, ledger: Ledger, options: GiveUpOptions, code: string): Promise<Left> =>
  withEnds(host, ledger, options, async ({ source, sink }): Promise<Left> => {
    const aside = await putAway(sink, ledger, options.run, code).catch(() => undefined);
    return { source: source.name, sink: aside ?? sink.name, aside };
  }).catch(() => ({ source: '', sink: '' }));

/** What a person is told besides the failure itself. */
const withAdvice = (problem: Problem, run: string, aside: string | undefined): Problem => {
  const there = aside === undefined ? '' : `. What there is of it: ${aside}`;
  const why = problem.code === 'TOO_MANY_REJECTS' ? `. See why: millrace batch rejects ${run}` : '';
  return there + why === '' ? problem : { ...problem, message: `${problem.message}${there}${why}` };
};

/** Ends a run for what has stopped it. Resolves to what is to be thrown: the error, with where to look. */
export const giveUp = async (
  host: BatchHost,
  ledger: Ledger,
  options: GiveUpOptions,
  error: unknown,
): Promise<unknown> => {
  const { run, owner, signal } = options;
  const isOurs = error instanceof MillraceError;
  if ((signal.aborted && !isOurs) || (isOurs && error.code === 'RUN_BUSY')) return error;
  const failed: Problem = isOurs ? error.problem : { code: 'INTERNAL', message: messageOf(error) };
  const entries = await ledger.shards(run.id).catch(() => []);
  const { source, sink, aside } = await clearAway(host, ledger, options, failed.code);
  const problem = withAdvice(failed, run.id, entries.length > 0 ? aside : undefined);
  const status = failed.code === 'CANCELLED' ? 'cancelled' : 'failed';
  const finishedAt = host.clock().toISOString();
  const summary = summarize({ run, status, entries, finishedAt, publishing: 0, source, sink, problem });
  await ledger.end(run.id, owner, status, summary, problem).catch(() => {});
  return isOurs && problem !== failed ? new MillraceError(problem, { cause: error }) : error;
};
