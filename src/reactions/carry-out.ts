/**
 * Carries out the reactions that are due in the store: each at least once, whatever happens to processes. Who has taken one keeps
 * it from others for as long as it goes on, so that no two train at once.
 */
import { problemOf } from '../core/errors.ts';
import { triedAgain } from '../monitor/alerts/again.ts';
import type { Alerts, ReactionOutcome, WaitingMessage } from '../monitor/alerts/alerts.ts';
import type { AlertReaction } from './reaction.ts';

export interface CarriedOut {
  readonly deployment: string;
  readonly what: string;
  /** `failed` without `again` is set aside. */
  readonly outcome: ReactionOutcome;
  /** When it is tried again. */
  readonly again?: Date | undefined;
}

export interface CarryOutOptions {
  readonly alerts: Pick<Alerts, 'take' | 'hold' | 'arrived' | 'missed'>;
  readonly reactions: readonly AlertReaction[];
  readonly now?: (() => Date) | undefined;
}

/** Reactions that are under way at once. */
const MOST_AT_ONCE = 4;
/** How often it is said that one goes on, in milliseconds: well before others would take it. */
const HOLD_MS = 15_000;

/** Does what is due, once. @throws MillraceError STORE_FAILED; the signal's reason */
export const carryOut = async (
  { alerts, reactions, now = () => new Date() }: CarryOutOptions,
  signal: AbortSignal,
): Promise<readonly CarriedOut[]> => {
  const byChannel = new Map(reactions.map((reaction) => [reaction.channel, reaction]));
  const doOne = async (waiting: WaitingMessage): Promise<CarriedOut | undefined> => {
    const { channel, message, tries } = waiting;
    const reaction = byChannel.get(channel);
    if (reaction === undefined) return undefined;
    const { deployment, what } = reaction;
    const holding = setInterval(() => void alerts.hold(message.id, channel, now()).catch(() => {}), HOLD_MS);
    try {
      const outcome = await reaction.act(message, tries, signal);
      await alerts.arrived(message.id, channel, now(), outcome);
      return { deployment, what, outcome };
    } catch (error) {
      signal.throwIfAborted();
      const problem = problemOf(error);
      const again = triedAgain(waiting, now());
      await alerts.missed(message.id, channel, problem, again);
      return { deployment, what, outcome: { is: 'failed', sentence: problem.message }, again };
    } finally {
      clearInterval(holding);
    }
  };
  const done: CarriedOut[] = [];
  for (;;) {
    signal.throwIfAborted();
    const taken = await alerts.take([...byChannel.keys()], MOST_AT_ONCE, now());
    if (taken.length === 0) return done;
    for (const one of await Promise.all(taken.map(doOne))) if (one !== undefined) done.push(one);
  }
};
