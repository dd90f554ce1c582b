/** When a call is tried again, in milliseconds. */
export interface RetryOptions {
  /** The wait before the second try; it doubles from try to try. */
  readonly first: number;
  /** The longest wait. A receiver that asks for a longer one is not called again. */
  readonly longest: number;
}

/** Which answers may be better the next time; every other one that is not 2xx is final. */
export const isPassing = (status: number): boolean => status === 429 || status >= 500;

/**
 * Reads `Retry-After` (RFC 9110, 10.2.3), which is seconds or a date.
 *
 * @returns milliseconds from `now`, at least 0; undefined when the header is not there or not one.
 */
export const readRetryAfter = (header: string | null, now: number): number | undefined => {
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  // Only dates with a weekday: Date.parse also takes what is none, such as "-1".
  const date = /^[A-Z][a-z]+,? /.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
};

/**
 * How long to wait after the `failed`-th failure in a row (1 is the first): exponential, and of it between a half and
 * all by chance, so that callers who failed together do not come back together.
 */
export const backoff = (failed: number, { first, longest }: RetryOptions, random: () => number): number =>
  Math.min(longest, first * 2 ** (failed - 1)) * (0.5 + random() / 2);
