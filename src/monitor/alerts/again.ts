/** When a message that did not arrive, or a reaction that failed, is tried again: for a day, ever more seldom, and then set aside. */
import { type Backoff, backoffMs } from '../../core/backoff.ts';
import type { WaitingMessage } from './alerts.ts';

const BACKOFF: Backoff = { firstMs: 5_000, mostMs: 900_000 };
/** After how long one is set aside, in milliseconds. */
const SET_ASIDE_MS = 24 * 3_600_000;

/** Undefined when it is set aside. `now` is when it failed. */
export const triedAgain = ({ message, tries }: WaitingMessage, now: Date): Date | undefined =>
  now.getTime() - Date.parse(message.at) >= SET_ASIDE_MS
    ? undefined
    : new Date(now.getTime() + backoffMs(BACKOFF, tries + 1));
