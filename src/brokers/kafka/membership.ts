import type { Admin } from '@platformatic/kafka';
import { again } from '../again.ts';
import type { AssignedPartition, GroupOptions, Membership } from '../broker.ts';
import type { KafkaConnection } from './client.ts';
import { translate } from './errors.ts';
import { type GroupSession, startSession } from './session.ts';
import { createSubscription } from './subscription.ts';

export interface MembershipParts {
  readonly connection: KafkaConnection;
  readonly admin: Admin;
}

const WAITING = { events: 1000, bytes: 4 * 1024 * 1024 };

/**
 * A member of a consumer group. It lives in sessions: one lasts until its consumer fails for good, and then another
 * begins, so that no state outlives what it was about.
 */
export const joinGroup = (
  { connection, admin }: MembershipParts,
  { group, topics, start, waiting = WAITING, onTrouble = () => {} }: GroupOptions,
  work: (partition: AssignedPartition) => Promise<void>,
): Membership => {
  const leaving = new AbortController();
  const { signal } = leaving;
  const subscription = createSubscription(admin, { group, topics, start, onTrouble });
  let session: GroupSession | undefined;
  const live = async (): Promise<void> => {
    session = startSession({ connection, admin, subscription, group, topics, waiting, work, signal, onTrouble });
    await session.done;
  };
  const running = again(live, { signal, onError: (error) => onTrouble(translate(error, connection.place)) });

  return {
    get joined() {
      return session?.joined ?? false;
    },
    get partitions() {
      return session?.partitions ?? [];
    },
    get missing() {
      return subscription.missing;
    },
    get unread() {
      return subscription.unread;
    },
    leave: () => {
      leaving.abort();
      return running;
    },
  };
};
