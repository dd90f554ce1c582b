import type { AssignedPartition, Broker, GroupOptions, Membership } from './broker.ts';
import { createProgress } from './progress.ts';

export interface AttendedOptions extends Omit<GroupOptions, 'onTrouble'> {
  /** How long a partition may stand still while events wait in it. */
  readonly stallMs: number;
  readonly onTrouble: (error: unknown) => void;
}

/** What work on a partition has to say. */
export interface Attendant {
  /** Something of it is done. */
  advanced(): void;
  /** Something went wrong and will be tried again. */
  troubled(error: unknown): void;
}

/** A membership of which it is watched whether it advances. */
export interface AttendedMembership {
  readonly membership: Membership;
  /** What keeps it from being ready, in words; empty when nothing does. */
  obstacles(): readonly string[];
  /** Something went wrong beside the work on a partition. */
  troubled(error: unknown): void;
}

/** Joins a group, as `Broker.consume` does. */
export const consumeAttended = (
  broker: Broker,
  { stallMs, onTrouble, ...options }: AttendedOptions,
  work: (partition: AssignedPartition, attendant: Attendant) => Promise<void>,
): AttendedMembership => {
  const progress = createProgress({ stallMs, membership: () => membership });
  const troubled = (error: unknown): void => {
    progress.troubled(performance.now());
    onTrouble(error);
  };
  const membership = broker.consume({ ...options, onTrouble: troubled }, (partition) =>
    work(partition, { advanced: () => progress.advanced(partition, performance.now()), troubled }),
  );
  return { membership, obstacles: () => progress.obstacles(performance.now()), troubled };
};
