/** Integers past ±(2^53 − 1), of which a float64 holds some only: which of them are kept, and how. */

/** The most digits that an integer within the range of a float64 has. */
const MAX_DIGITS = 309;

/** An integer in decimal digits: a number where that is exact, else a bigint; ±Infinity past the range of a float64. */
export const integerOf = (digits: string): number | bigint => {
  const number = Number(digits);
  return Number.isSafeInteger(number) || digits.length > MAX_DIGITS + 1 ? number : BigInt(digits);
};

/**
 * The float64 that stands for a bigint, or undefined when digits would be lost. It stands for what it is exactly, and for the digits
 * that are its shortest text (ECMA-262, Number::toString): so programs write their own float64s.
 */
export const exactNumber = (integer: bigint): number | undefined => {
  const number = Number(integer);
  if (Number.isSafeInteger(number)) return number;
  if (!Number.isFinite(number)) return undefined;
  return BigInt(number) === integer || String(number) === String(integer) ? number : undefined;
};
