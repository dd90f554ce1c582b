/** Where the sieve's kernel keeps what it works with, in bytes from the beginning of its memory (see `memory.ts`). */

/** By node of a tree: the rows that come to it. The first is its root: all rows. */
export const REACH = 0;
export const MAX_NODES = 255;
/** By leaf. */
export const LEAVES = 4096;
/** By eight leaves, by 64, by 512: the rows that come to any of them. */
export const ANY = 8192;
export const ANY_BYTES = 1024;
/** By bit of a leaf's number: the rows whose leaf has it. */
export const PLANES = 11_264;
/** The number of the leaf that row 8j + k has come to: a byte at 16k + j. */
export const NUMBERS = 11_520;
/** What follows is the model's. */
export const FIRST = 12_288;
