/** A run and what follows it. */
import type { Performed, RunManner } from './batch.ts';
import type { BatchDeployment } from './deployment.ts';
import { endTold, followUp, isEndTold, isFollowedUp, reportOf } from './follow-up.ts';
import type { BatchHost } from './host.ts';
import type { Ledger } from './ledger/ledger.ts';
import { openLineage } from './lineage/lineage.ts';
import { createReactions, type Reacted } from './react.ts';
import { runSlot } from './run.ts';
import { checkShadow } from './shadow.ts';
import type { Run } from './types.ts';
import type { Window } from './window.ts';

/** What is to be done: a window of a deployment, or without one all of its source. */
export interface BatchJob {
  readonly deployment: BatchDeployment;
  readonly window: Window | undefined;
  /** The run whose rejects are to be scored again. */
  readonly retry?: Run | undefined;
  /** A reference to what answers the same rows beside it. */
  readonly shadow?: string | undefined;
}

/** @throws MillraceError what opens the deployment's package, BAD_PROJECT for reactions that cannot work, and what runs throw. */
export const perform = async (
  host: BatchHost,
  ledger: Ledger,
  { deployment, window, retry, shadow: ref }: BatchJob,
  { force, cause = 'hand', slot, threaded, signal, onEvent }: RunManner,
): Promise<Performed> => {
  let id: string | undefined;
  const found = await host.open(deployment.model);
  // Reactions that cannot work are refused before anything is scored.
  createReactions(deployment.react, found.manifest, deployment.name);
  const shadow = ref === undefined ? undefined : await host.open(ref);
  if (ref !== undefined && shadow) checkShadow(ref, shadow.manifest, found.manifest);
  const onNote = (message: string): void => onEvent?.({ what: 'noted', message });
  const lineage = openLineage(host, { deployment, window, onNote });
  const follow = async (run: Run): Promise<readonly Reacted[]> => {
    const reacted = await followUp(host, ledger, run, { deployment, now: found, signal });
    for (const one of reacted) onEvent?.({ what: 'reacted', reacted: one });
    return reacted;
  };
  try {
    const outcome = await runSlot(host, ledger, {
      deployment,
      found,
      shadow,
      window,
      slot,
      cause,
      force,
      threaded,
      retry,
      signal,
      onEvent: (event) => {
        if ('run' in event) {
          id = event.run.id;
          lineage?.began(event.run, event.what === 'began' ? 'START' : 'RUNNING');
        }
        onEvent?.(event);
      },
    });
    // A process that ended between the end of a run and what follows leaves the latter to the next.
    const run = await ledger.find(outcome.run.id);
    const isOwed = outcome.what === 'finished' || !isFollowedUp(run);
    const tellsEnd = isOwed && lineage !== undefined && !isEndTold(run);
    const [reacted] = isOwed ? await Promise.all([follow(run), tellsEnd && lineage.ended(run)]) : [[]];
    if (tellsEnd) await endTold(ledger, run);
    return { ...outcome, run, report: reportOf(host, run), reacted };
  } catch (error) {
    const run = id === undefined ? undefined : await ledger.find(id).catch(() => undefined);
    const told = run && run.status !== 'finished' ? lineage?.ended(run) : undefined;
    if (run?.status === 'failed') await follow(run).catch(() => {});
    await told;
    throw error;
  }
};
