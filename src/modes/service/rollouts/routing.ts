/** What a rollout changes at a place of the service: who answers which rows, and what is counted of it. */

import type { RolledVersion } from '../../../serving/rollouts/rollout.ts';
import type { Tally } from '../../../serving/rollouts/tally.ts';
import type { UnitSource } from '../../../serving/rollouts/unit.ts';
import type { Variant } from '../../../serving/route.ts';
import type { Shadow } from './shadowed.ts';

/** Of one place; all that is loaded there refers to it. */
export interface Routing<Version> {
  /** Undefined while there is no rollout, or nobody who could answer in it: that is all that a call pays for. */
  active: ActiveRollout<Version> | undefined;
}

export interface ActiveRollout<Version> {
  /** What buckets are salted with. */
  readonly id: string;
  readonly experiment: string;
  /** What the candidate stands beside; another version that answers here is not part of it. */
  readonly beside: RolledVersion;
  /** Of the units: from 0, in the shadow, to 1. */
  readonly share: number;
  /** The call itself unless given. */
  readonly unit: UnitSource | undefined;
  readonly candidate: Version;
  readonly tally: Tally;
  /** Where rows go that the stable version has answered, in the shadow. */
  readonly shadow: Shadow | undefined;
}

/** Who answered which row of a call. */
export interface Routed<Card> {
  readonly experiment: string;
  readonly cards: Readonly<Record<Variant, Card>>;
  /** By row. */
  readonly variants: readonly Variant[];
}

/** Whether rows are part of it: there are some, and what answers at the place is what the candidate stands beside. */
export const isOf = (
  { beside }: ActiveRollout<unknown>,
  { digest }: { readonly digest: string },
  { length }: readonly unknown[],
): boolean => length > 0 && digest === beside.digest;

/** Where an answer has no place for who gave it: the rollout, and the variant where one answered all rows. */
export const experimentHeaders = (routed: Routed<unknown> | undefined): Readonly<Record<string, string>> => {
  if (routed === undefined) return {};
  const { experiment, variants } = routed;
  const [variant = 'stable'] = variants;
  return { 'x-experiment': experiment, 'x-variant': variants.every((one) => one === variant) ? variant : 'mixed' };
};
