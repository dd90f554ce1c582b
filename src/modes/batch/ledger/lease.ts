/** The time for which a run is its owner's: others keep away from it until then, or until that process is no more. */
import { isGone } from '../owner.ts';
import type { Run } from '../types.ts';

/** How long others keep away from a run after its owner was last heard of, in milliseconds. */
const LEASE_MS = 60_000;

export interface LeaseClock {
  /** As a time of the ledger. */
  now(): string;
  /** When a lease ends that begins now. */
  leaseEnd(): string;
  /** True when the run is this owner's, or nobody's any more. */
  isFree(run: Run, owner: string): boolean;
}

export const createLeaseClock = (clock: () => Date): LeaseClock => {
  const now = (): string => clock().toISOString();
  return {
    now,
    leaseEnd: () => new Date(clock().getTime() + LEASE_MS).toISOString(),
    isFree: (run, owner) =>
      run.owner === undefined || run.owner === owner || run.lease_until < now() || isGone(run.owner),
  };
};
