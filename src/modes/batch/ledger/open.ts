/** The ledger in Millrace's store. */
import type { Sql } from '../../../store/sql.ts';
import { openClaims } from './claims.ts';
import { createLeaseClock } from './lease.ts';
import { openLeases } from './leases.ts';
import type { Ledger } from './ledger.ts';
import { openRejects } from './rejects.ts';
import { openRuns } from './runs.ts';
import { openShards } from './shards.ts';
import { openSlots } from './slots.ts';

export const openLedger = (sql: Sql, clock: () => Date): Ledger => {
  const leases = createLeaseClock(clock);
  return {
    ...openRuns(sql),
    ...openSlots(sql),
    ...openClaims(sql, leases),
    ...openLeases(sql, leases),
    ...openShards(sql),
    ...openRejects(sql),
  };
};
