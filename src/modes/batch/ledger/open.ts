/** The ledger in Millrace's store. */
import type { Sql } from '../../../store/sql.ts';
import { openClaims } from './claims.ts';
import type { Ledger } from './ledger.ts';
import { openRuns } from './runs.ts';
import { openShards } from './shards.ts';

export const openLedger = (sql: Sql, clock: () => Date): Ledger => ({
  ...openRuns(sql),
  ...openShards(sql),
  ...openClaims(sql, clock),
});
