/** A recorded prediction made again, by the very package that answered. */
import { fail } from '../core/errors.ts';
import type { Kept } from '../monitor/records/records.ts';
import { type Replayed, replay } from '../monitor/replay.ts';
import type { Package } from '../package/layout.ts';
import type { SafeOptions } from '../workers/safely.ts';
import { findAnswerer } from './answerer.ts';
import type { Resources } from './resources.ts';

export interface ReplayOptions extends Pick<SafeOptions, 'rowMs' | 'signal'> {
  /** Where the package is that answered; looked for in the registry and where it was served unless given. */
  readonly package?: string | undefined;
}

const openAnswerer = async (resources: Resources, kept: Kept, given: string | undefined): Promise<Package> => {
  const { model, version, digest } = kept;
  if (given !== undefined) {
    const found = await resources.open(given);
    if (found.digest === digest) return found;
    throw fail('UNKNOWN_VERSION', `${given} is not the package that answered.`, {
      expected: digest,
      got: found.digest,
    });
  }
  const found = await findAnswerer(resources, kept);
  if (found !== undefined) return found;
  const message = `The package that answered, ${model}@${version}, is not in the registry. Name where it is with --package.`;
  throw fail('UNKNOWN_VERSION', message, { expected: digest, got: 'another package, or none' });
};

/** @throws NOT_FOUND for an id without a record; UNKNOWN_VERSION without the package; what opening and loading it throw */
export const replayRecorded = async (
  resources: Resources,
  id: string,
  { package: given, ...how }: ReplayOptions = {},
): Promise<{ readonly kept: Kept; readonly replayed: Replayed }> => {
  const kept = await (await resources.records()).find(id);
  if (kept === undefined) {
    throw fail('NOT_FOUND', `There is no record of ${id}: it was not sampled, is not kept any more, or never was.`, {
      expected: 'the id of a recorded prediction',
      got: id.slice(0, 80),
    });
  }
  const scorer = await resources.loadSafely(await openAnswerer(resources, kept, given), how);
  try {
    return { kept, replayed: await replay(kept, scorer) };
  } finally {
    await scorer.close();
  }
};
