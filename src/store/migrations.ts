import type { Migration } from './migration.ts';
import { alertTables, reactionOutcomes } from './migrations/alerts.ts';
import { batchTables } from './migrations/batch.ts';
import { blobTables } from './migrations/blobs.ts';
import { keyTable } from './migrations/keys.ts';
import { labelTables } from './migrations/labels.ts';
import { profileTable, profileTraffic } from './migrations/profiles.ts';
import { recordedByTime, recordTables, servedTable, servedVariants } from './migrations/records.ts';
import { registryTables } from './migrations/registry.ts';
import { rolloutMeasures, rolloutTables, servedExperiments } from './migrations/rollouts.ts';
import { signatureTable } from './migrations/signatures.ts';
import { verdictTables } from './migrations/verdicts.ts';

/** In the order in which they run. A new area of the store adds a file in `migrations/` and a row at the end. */
export const migrations: readonly Migration[] = [
  blobTables,
  registryTables,
  recordTables,
  batchTables,
  servedTable,
  recordedByTime,
  servedVariants,
  profileTable,
  alertTables,
  reactionOutcomes,
  labelTables,
  profileTraffic,
  verdictTables,
  servedExperiments,
  rolloutTables,
  rolloutMeasures,
  keyTable,
  signatureTable,
];
