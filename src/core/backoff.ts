/** Waiting longer and longer while something fails. */
export interface Backoff {
  /** Milliseconds to wait after the first failure; doubled after each other one. */
  readonly firstMs: number;
  /** The longest wait. */
  readonly mostMs: number;
}

/**
 * Milliseconds to wait after the `failed`-th failure in a row (none after none): exponential, and of it between a half and all by
 * chance, so that those who failed together do not come back together.
 *
 * @param random gives numbers in [0, 1); Math.random unless given
 */
export const backoffMs = ({ firstMs, mostMs }: Backoff, failed: number, random: () => number = Math.random): number =>
  failed <= 0 ? 0 : Math.min(mostMs, firstMs * 2 ** (failed - 1)) * (0.5 + random() / 2);
