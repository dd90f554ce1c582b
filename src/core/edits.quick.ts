/**
 * How far two words are from each other at least: the letters that one of them has and the other has not. Who has few bytes and
 * asks elsewhere what looks like a slip need not know more.
 */

/** No more than `distance` of edits.ts. */
export const distance = (a: string, b: string): number => {
  let more = 0;
  let left = b;
  for (const letter of a) {
    const rest = left.replace(letter, '');
    if (rest === left) more++;
    left = rest;
  }
  return Math.max(more, left.length);
};
