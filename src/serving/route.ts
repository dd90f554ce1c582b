/**
 * Which version answers a row, and which are asked beside it. What the reference means is the stable one; while there is a rollout,
 * a candidate answers the units whose buckets are its own.
 */

import { BUCKETS, bucketOf } from './bucket.ts';

/** What a version is to the rows that it answers, as records, metrics and events name it. */
export type Variant = 'stable' | 'candidate';

export const STABLE: Variant = 'stable';
export const CANDIDATE: Variant = 'candidate';

/** The versions that there are, each as what it answers. */
export interface Variants<Version> {
  readonly stable: Version | undefined;
}

/** The version that answers; undefined while none can. */
export const route = <Version>({ stable }: Variants<Version>): Version | undefined => stable;

/**
 * Who answers the units of a bucket. The candidate has the first buckets, as many as its share: a share that grows takes more of
 * them, and gives none back.
 */
export const variantOf = (bucket: number, share: number): Variant =>
  bucket < Math.round(share * BUCKETS) ? CANDIDATE : STABLE;

/** Who answers a unit within what buckets are salted with; what has none is answered by the stable version. */
export const variantOfUnit = (salt: string, share: number, unit: string | undefined): Variant =>
  unit === undefined ? STABLE : variantOf(bucketOf(salt, unit), share);
