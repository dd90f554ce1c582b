/**
 * Follows the rollouts of the store at each place of the service, again and again: opens candidates, routes as rollouts stand, and
 * takes what was counted to the store. What the store does not say at the moment goes on as it was.
 */
import { messageOf } from '../../../core/errors.ts';
import type { Answered } from '../../../monitor/answered.ts';
import type { Recorder } from '../../../monitor/recorder.ts';
import type { RolloutActs } from '../../../serving/rollouts/acts.ts';
import type { Logger } from '../log.ts';
import type { LoadModelOptions } from '../model.ts';
import type { ModelTable } from '../models.ts';
import type { Slot } from '../slot.ts';
import { createRolledPlace, type RolledPlace } from './place.ts';

export interface FollowRolloutsOptions {
  readonly models: Pick<ModelTable, 'slots'>;
  /** Opened with the first look; undefined where there is no store for it. Nothing is followed unless given. */
  readonly open: (() => Promise<RolloutActs | undefined>) | undefined;
  readonly load: LoadModelOptions;
  readonly log: Logger;
  /** Where the answers of shadows are recorded; nowhere unless given. */
  readonly recorder?: Pick<Recorder, 'record'> | undefined;
  /** Milliseconds between two looks. */
  readonly everyMs: number;
}

/** The returned function stops it, takes what was counted to the store, and resolves when no look is under way. */
export const followRollouts = ({
  models,
  open,
  load,
  log,
  recorder,
  everyMs,
}: FollowRolloutsOptions): (() => Promise<void>) => {
  if (open === undefined) return async () => undefined;
  // Nobody waits for it: what is not recorded is told by the recorder.
  const keep = recorder && ((answered: Answered) => void recorder.record(answered)?.catch(() => undefined));
  const places = new Map<Slot, RolledPlace>();
  let isStopped = false;
  let isAway = false;
  let timer: NodeJS.Timeout | undefined;
  let current: Promise<void> = Promise.resolve();

  const placeOf = (slot: Slot): RolledPlace => {
    const place = places.get(slot) ?? createRolledPlace({ slot, load, log, keep });
    places.set(slot, place);
    return place;
  };
  const look = async (): Promise<void> => {
    const acts = await open();
    if (acts === undefined) return;
    const atWork = await acts.rollouts.atWork();
    for (const slot of models.slots) if (!isStopped) await placeOf(slot).attend(acts, atWork);
    isAway = false;
  };
  const round = async (): Promise<void> => {
    try {
      await look();
    } catch (error) {
      if (!isAway) log.warn({ message: messageOf(error) }, 'rollouts cannot be asked; what is there goes on');
      isAway = true;
    }
    if (!isStopped) timer = setTimeout(start, everyMs);
  };
  const start = (): void => {
    current = round();
  };
  timer = setTimeout(start, everyMs);
  return async () => {
    isStopped = true;
    clearTimeout(timer);
    await current;
    if (places.size === 0) return;
    const acts = await open().catch(() => undefined);
    for (const place of places.values()) await place.close(acts);
  };
};
