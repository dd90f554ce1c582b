/** Many tests at once. */

const byP = (ps: readonly number[]): readonly number[] => ps.map((_, at) => at).toSorted((a, b) => ps[a] - ps[b]);

/**
 * p adjusted so that the chance of any false one among them is kept, whatever they have to do with each other (S. Holm, A simple
 * sequentially rejective multiple test procedure, 1979).
 */
export const holm = (ps: readonly number[]): readonly number[] => {
  const adjusted = new Array<number>(ps.length);
  let most = 0;
  byP(ps).forEach((at, rank) => {
    most = Math.max(most, Math.min(1, ps[at] * (ps.length - rank)));
    adjusted[at] = most;
  });
  return adjusted;
};

/** The share of false ones among those up to each (Y. Benjamini & Y. Hochberg, 1995): to sort by, not to raise alarms. */
export const falseDiscovery = (ps: readonly number[]): readonly number[] => {
  const adjusted = new Array<number>(ps.length);
  let least = 1;
  byP(ps)
    .toReversed()
    .forEach((at, rank) => {
      least = Math.min(least, (ps[at] * ps.length) / (ps.length - rank));
      adjusted[at] = least;
    });
  return adjusted;
};
