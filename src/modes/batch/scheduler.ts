/** Runs of a deployment as its schedule has them, in this process, for as long as it lives. */
import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError, type Problem, problemOf } from '../../core/errors.ts';
import type { BatchDeployments, BatchEvent } from './batch.ts';
import type { BatchDeployment } from './deployment.ts';
import { readSchedule } from './schedule.ts';
import type { Cause, Run } from './types.ts';
import { windowOf } from './wanted-window.ts';
import { lastWhole, type Window } from './window.ts';

/** What waits for its turn, at most. */
const MOST_WAITING = 100;
/** A clock that is set, or a machine that sleeps, is noticed after so long, in milliseconds. */
const LOOK_AGAIN = 60_000;
/** A first catch-up looks back no farther, in milliseconds. */
const LONGEST_BACK = 366 * 86_400_000;

export type ScheduleEvent =
  | BatchEvent
  | { readonly what: 'finished'; readonly run: Run }
  /** A tick whose window was finished before; `next` is the tick to come, in ms since the epoch. */
  | { readonly what: 'done'; readonly scope: string; readonly next: number }
  | { readonly what: 'failed'; readonly scope: string; readonly problem: Problem }
  /** The run before was not done, or too much was waiting. */
  | { readonly what: 'skipped'; readonly scope: string }
  /** Another process does it. */
  | { readonly what: 'left'; readonly scope: string };

export interface SchedulerOptions {
  readonly batch: BatchDeployments;
  readonly deployment: BatchDeployment;
  readonly clock: () => Date;
  readonly signal: AbortSignal;
  readonly onEvent?: ((event: ScheduleEvent) => void) | undefined;
}

interface Due {
  readonly window: Window | undefined;
  readonly slot: string;
  readonly cause: Cause;
}

export interface Scheduler {
  /** The next tick, in ms since the epoch. */
  next(): number;
  /** Resolves when the signal was aborted and what ran has stopped. */
  readonly ended: Promise<void>;
}

/** Without windows each tick is done once. */
const slotOf = (tick: number): string => new Date(tick).toISOString().replace('.000Z', 'Z');

export const startScheduler = ({ batch, deployment, clock, signal, onEvent }: SchedulerOptions): Scheduler => {
  const { name, window: kind, zone, schedule: text, overlap, catchUp } = deployment;
  const schedule = text === undefined ? undefined : readSchedule(text, zone, `deployments.${name}.schedule`);
  const next = (): number => (schedule ? schedule.after(clock().getTime()) : Number.POSITIVE_INFINITY);
  const waiting: Due[] = [];
  let isBusy = false;
  let wake = (): void => {};

  const dueAt = (tick: number, cause: Cause): Due => {
    if (kind === undefined) return { window: undefined, slot: slotOf(tick), cause };
    const window = lastWhole(kind, zone, tick);
    return { window, slot: window.label, cause };
  };
  const scopeOf = ({ window, slot }: Due): string => window?.label ?? slot;
  const enqueue = (due: Due): void => {
    if (waiting.some(({ slot }) => slot === due.slot)) return;
    if (waiting.length < MOST_WAITING) {
      waiting.push(due);
      wake();
    } else onEvent?.({ what: 'skipped', scope: scopeOf(due) });
  };

  const perform = async (due: Due): Promise<void> => {
    try {
      const outcome = await batch.perform(deployment, due.window, {
        slot: due.slot,
        cause: due.cause,
        threaded: true,
        signal,
        onEvent,
      });
      if (outcome.what === 'finished') onEvent?.({ what: 'finished', run: outcome.run });
      else if (due.cause === 'schedule') onEvent?.({ what: 'done', scope: scopeOf(due), next: next() });
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof MillraceError && error.code === 'RUN_BUSY') onEvent?.({ what: 'left', scope: scopeOf(due) });
      else onEvent?.({ what: 'failed', scope: scopeOf(due), problem: problemOf(error) });
    }
  };

  const work = async (): Promise<void> => {
    while (!signal.aborted) {
      const due = waiting.shift();
      if (due) {
        isBusy = true;
        await perform(due);
        isBusy = false;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
      }
    }
  };

  /** What a process that is no more has left half done. */
  const leftovers = async (): Promise<void> => {
    for (const run of await batch.list({ deployment: name, status: 'running', limit: MOST_WAITING })) {
      if (run.kind === 'run') enqueue({ window: windowOf(deployment, run), slot: run.slot, cause: run.cause });
    }
  };
  const missed = async (now: number): Promise<void> => {
    if (catchUp === 0 || !schedule) return;
    const last = await (await batch.ledger()).lastStarted(name, ['schedule', 'catch-up']);
    if (!last) return;
    const from = Math.max(Date.parse(last.started_at), now - LONGEST_BACK);
    const ticks = schedule.between(from, now, catchUp);
    // All of a source is as it is now: to score it once for each night that was missed would be the same again.
    for (const tick of kind === undefined ? ticks.slice(-1) : ticks) enqueue(dueAt(tick, 'catch-up'));
  };

  let ticked = clock().getTime();
  const tickForever = async (): Promise<void> => {
    while (!signal.aborted && schedule) {
      const now = clock().getTime();
      const tick = schedule.after(ticked);
      if (tick > now) {
        await sleep(Math.min(tick - now, LOOK_AGAIN), undefined, { signal }).catch(() => {});
        continue;
      }
      // After a sleep of the machine several may have passed.
      const passed = schedule.between(ticked, now, catchUp + 1);
      ticked = now;
      for (const one of kind === undefined ? passed.slice(-1) : passed) {
        const due = dueAt(one, 'schedule');
        if (overlap === 'skip' && (isBusy || waiting.length > 0)) onEvent?.({ what: 'skipped', scope: scopeOf(due) });
        else enqueue(due);
      }
    }
  };

  const ended = (async (): Promise<void> => {
    await leftovers();
    await missed(ticked);
    await Promise.all([work(), tickForever()]);
  })();
  ended.catch(() => {});
  return { next, ended };
};
