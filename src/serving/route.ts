/**
 * Which version answers a row, and which are asked beside it. There is one variant for now: what the reference means answers
 * all of them. Who picks among several by a row's unit does it here.
 */

/** What a version is to the rows that it answers, as records, metrics and events name it. */
export type Variant = 'stable';

export const STABLE: Variant = 'stable';

/** The versions that there are, each as what it answers. */
export interface Variants<Version> {
  readonly stable: Version | undefined;
}

/** The version that answers; undefined while none can. */
export const route = <Version>({ stable }: Variants<Version>): Version | undefined => stable;
