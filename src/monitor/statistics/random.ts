/** Chance that can be had again: the same seed, the same numbers, on every machine. Not for secrets. */

/** Numbers in [0, 1) by sfc32 (C. Doty-Humphrey, PractRand), of 32 bits each. */
export const seeded = (seed: number): (() => number) => {
  let [a, b, c, counter] = [seed | 0, 0x9e3779b9 | 0, 0x243f6a88 | 0, 1];
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 4294967296;
  };
  // The first ones are near to those of the next seed.
  for (let turn = 0; turn < 12; turn++) next();
  return next;
};
