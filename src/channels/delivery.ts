/** Brings messages from the store to their channels, each at least once: one that fails is tried for a day, and then set aside. */
import { type Problem, problemOf } from '../core/errors.ts';
import { triedAgain } from '../monitor/alerts/again.ts';
import type { Alerts, WaitingMessage } from '../monitor/alerts/alerts.ts';
import type { Channel } from './channel.ts';

export interface DeliveryOptions {
  readonly alerts: Pick<Alerts, 'take' | 'arrived' | 'missed'>;
  /** By name. */
  readonly channels: ReadonlyMap<string, Channel>;
  /** A try failed; without `again` the message is set aside. */
  readonly onMissed: (channel: string, problem: Problem, again: Date | undefined) => void;
  readonly now?: (() => Date) | undefined;
}

/** Messages that are under way at once. */
const MOST_MESSAGES = 8;

export interface DeliveryCount {
  readonly arrived: number;
  readonly missed: number;
}

/** Tries every message that is due, once. @throws MillraceError STORE_FAILED; the signal's reason */
export const deliverDue = async (
  { alerts, channels, onMissed, now = () => new Date() }: DeliveryOptions,
  signal: AbortSignal,
): Promise<DeliveryCount> => {
  const names = [...channels.keys()];
  const tryOne = async (waiting: WaitingMessage): Promise<boolean> => {
    const { channel: name, message } = waiting;
    try {
      await channels.get(name)?.send(message, signal);
    } catch (error) {
      signal.throwIfAborted();
      const problem = problemOf(error);
      const again = triedAgain(waiting, now());
      await alerts.missed(message.id, name, problem, again);
      onMissed(name, problem, again);
      return false;
    }
    await alerts.arrived(message.id, name, now());
    return true;
  };
  let [arrived, missed] = [0, 0];
  for (;;) {
    signal.throwIfAborted();
    const taken = await alerts.take(names, MOST_MESSAGES, now());
    if (taken.length === 0) return { arrived, missed };
    for (const isThere of await Promise.all(taken.map(tryOne))) {
      if (isThere) arrived++;
      else missed++;
    }
  }
};
