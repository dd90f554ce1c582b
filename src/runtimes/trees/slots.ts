/**
 * Which values of a row the nodes of an ensemble test, and in what guise. Every test is made the one that the kernel has,
 * `x <= v` in float64 (or one of 63 bits), by giving it the value of the row in the guise that fits: a slot.
 */
import { BLOCK, blocksOf, MISSING_LANE, OTHER_LANE } from './blocks.ts';
import { type Ensemble, LEAF, MEMBER, NAN_IS_ZERO, ZERO_IS_MISSING } from './ensemble.ts';

/** Guises, by bits: `-x` for x; 0 for NaN; NaN for what is nearly 0. */
export const NEGATED = 1;
export const ZEROED = 2;
export const EMPTIED = 4;
/** And from here on: x as one of the categories of a block, as a number of bits to shift. */
export const LANES = 8;

/** What lies within it of 0 is nearly 0 (see `ZERO_IS_MISSING`). */
export const NEARLY_ZERO = Math.fround(1e-35);

export interface Slots {
  readonly count: number;
  /** By slot, in ascending order. */
  readonly features: Int32Array;
  readonly guises: Int32Array;
  /** One more than the greatest feature. */
  readonly width: number;
  indexOf(feature: number, guise: number): number;
}

/** The guise in which a test needs its value, but for NEGATED, which is the lowering's to say. */
export const guiseOf = (test: number): number =>
  (test & NAN_IS_ZERO ? ZEROED : 0) | (test & ZERO_IS_MISSING ? EMPTIED : 0);

/** A value in its guise. */
export const inGuise = (x: number, guise: number): number => {
  if (guise >= LANES) {
    if (Number.isNaN(x)) return MISSING_LANE * Number.MIN_VALUE;
    const lane = Math.trunc(x) - (guise - LANES) * BLOCK;
    // n times the least number there is has the bits of the integer n.
    return (lane >= 0 && lane < BLOCK ? lane : OTHER_LANE) * Number.MIN_VALUE;
  }
  let value = x;
  if (guise & ZEROED && Number.isNaN(value)) value = 0;
  if (guise & EMPTIED && Math.abs(value) <= NEARLY_ZERO) value = Number.NaN;
  return guise & NEGATED ? -value : value;
};

/** Gathers the slots of an ensemble; `negated` says of a comparison whether it needs -x (0, 1, or 2 for both). */
export const collectSlots = (ensemble: Ensemble, negated: (test: number) => 0 | 1 | 2): Slots => {
  const { tests, features, sets } = ensemble;
  let width = 0;
  for (let node = 0; node < tests.length; node++)
    if ((tests[node] & 7) !== LEAF && features[node] >= width) width = features[node] + 1;
  // By feature and guise: 1 where it is needed, and then the slot's number.
  const common = new Int32Array(width * LANES);
  const lanes = new Map<number, Set<number>>();
  for (let node = 0; node < tests.length; node++) {
    const test = tests[node] & 7;
    if (test === LEAF) continue;
    const feature = features[node];
    if (test === MEMBER) {
      const blocks = lanes.get(feature) ?? new Set();
      lanes.set(feature, blocks);
      for (const block of blocksOf(sets?.get(node) ?? [])) blocks.add(block);
      continue;
    }
    const place = feature * LANES + guiseOf(tests[node]);
    const which = negated(tests[node]);
    if (which !== 1) common[place] = 1;
    if (which !== 0) common[place + NEGATED] = 1;
  }
  const found: { feature: number; guise: number }[] = [];
  const laneSlots = new Map<string, number>();
  for (let feature = 0; feature < width; feature++) {
    for (let guise = 0; guise < LANES; guise++) {
      const place = feature * LANES + guise;
      if (common[place]) common[place] = found.push({ feature, guise }) - 1;
    }
    for (const block of [...(lanes.get(feature) ?? [])].sort((a, b) => a - b))
      laneSlots.set(`${feature} ${LANES + block}`, found.push({ feature, guise: LANES + block }) - 1);
  }
  return {
    count: found.length,
    features: Int32Array.from(found, ({ feature }) => feature),
    guises: Int32Array.from(found, ({ guise }) => guise),
    width,
    indexOf: (feature, guise) =>
      guise < LANES ? common[feature * LANES + guise] : (laneSlots.get(`${feature} ${guise}`) ?? 0),
  };
};
