const f = Math.fround;

/**
 * a × b + c of float32, rounded once, as processors do that have such an instruction. The product is exact in float64, its sum
 * with c is rounded there and then to float32. Both roundings give what one would, unless the first ends in the middle
 * between two float32: then what it rounded away says which of them it is.
 */
export const fused = (a: number, b: number, c: number): number => {
  const product = a * b;
  const sum = product + c;
  const rounded = f(sum);
  const other = sum + (sum - rounded);
  if (f(other) !== other || other === rounded || Math.abs(other) === Infinity) return rounded;
  const part = sum - product;
  const lost = product - (sum - part) + (c - part);
  if (!(lost > 0) && !(lost < 0)) return rounded;
  return lost > 0 ? Math.max(rounded, other) : Math.min(rounded, other);
};
