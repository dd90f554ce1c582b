/** Where the kernel that counts numbers keeps what it works with, in bytes from the beginning of its memory: the values first. */

/** Values of a block. */
export const BLOCK = 4096;
/** What distances are taken from, below which they are rounded, and the two numbers that round them. */
export const PLAN = BLOCK * 8;
/** Thresholds, in groups of so many. */
export const THRESHOLDS_AT_ONCE = 4;
export const MOST_THRESHOLDS = 512;
export const THRESHOLDS = PLAN + 4 * 8;
/** By threshold: how many values are at or below it. */
export const TIMES = THRESHOLDS + MOST_THRESHOLDS * 8;
/** How many values are finite, how many of them far from the first edge, the least, the greatest, the sum, and three of squares. */
export const FOUND = TIMES + MOST_THRESHOLDS * 8;
