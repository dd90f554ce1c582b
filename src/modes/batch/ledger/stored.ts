/** What runs have counted as it was stored, by this version or one before. */
import { readProfile } from '../../../monitor/profile/profile.ts';
import type { ShardEntry, Summary } from '../types.ts';

const readCounted = <T extends Pick<Summary, 'inputs' | 'outputs'>>(stored: T): T => ({
  ...stored,
  inputs: readProfile(stored.inputs),
  outputs: readProfile(stored.outputs),
});

export const readEntry = (stored: unknown): ShardEntry => readCounted(stored as ShardEntry);
export const readSummary = (stored: unknown): Summary => readCounted(stored as Summary);
