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
