/** Sets of categories in blocks of 64 bits, as the kernel asks for members. */

/** Categories to a block; the last two of its 64 bits are for a missing value, and for one that is in no block. */
export const BLOCK = 62;
export const MISSING_LANE = 62;
export const OTHER_LANE = 63;

/** The blocks in which a set has categories, in ascending order; one at least. */
export const blocksOf = (set: ArrayLike<number>): readonly number[] => {
  const blocks = new Set<number>();
  for (let at = 0; at < set.length; at++) blocks.add(Math.floor(set[at] / BLOCK));
  return blocks.size === 0 ? [0] : [...blocks].sort((a, b) => a - b);
};
