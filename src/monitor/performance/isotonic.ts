/** The nearest curve that never falls: pool adjacent violators (R. E. Barlow et al., Statistical Inference under Order Restrictions, 1972). */

export interface IsotonicPoint {
  readonly x: number;
  readonly y: number;
  readonly weight: number;
}

interface Pool {
  readonly from: number;
  readonly to: number;
  readonly y: number;
  readonly weight: number;
}

/** Points of one x are one. */
const gathered = (points: readonly IsotonicPoint[]): readonly IsotonicPoint[] => {
  const found: IsotonicPoint[] = [];
  for (const point of points.filter(({ weight }) => weight > 0).toSorted((a, b) => a.x - b.x)) {
    const last = found.at(-1);
    if (last?.x !== point.x) found.push(point);
    else {
      const weight = last.weight + point.weight;
      found[found.length - 1] = { x: point.x, y: (last.y * last.weight + point.y * point.weight) / weight, weight };
    }
  }
  return found;
};

/** A function of x: straight between the points, flat outside of them; undefined without any. */
export const isotonic = (points: readonly IsotonicPoint[]): ((x: number) => number) | undefined => {
  const known = gathered(points);
  if (known.length === 0) return undefined;
  const pools: Pool[] = [];
  known.forEach(({ y, weight }, at) => {
    let pool: Pool = { from: at, to: at, y, weight };
    for (let last = pools.at(-1); last !== undefined && last.y >= pool.y; last = pools.at(-1)) {
      const both = last.weight + pool.weight;
      pool = { from: last.from, to: at, y: (last.y * last.weight + pool.y * pool.weight) / both, weight: both };
      pools.pop();
    }
    pools.push(pool);
  });
  const fitted = pools.flatMap(({ from, to, y }) => new Array<number>(to - from + 1).fill(y));
  return (x) => {
    const above = known.findIndex((point) => point.x >= x);
    if (above === -1) return fitted[fitted.length - 1];
    if (above === 0 || known[above].x === x) return fitted[above];
    const [low, high] = [known[above - 1].x, known[above].x];
    const share = (x - low) / (high - low);
    return fitted[above - 1] * (1 - share) + fitted[above] * share;
  };
};
