/** Whether two versions have answered the same. */

/** Numbers that are this near to each other, as a part of the larger one, are the same: versions may be of other runtimes. */
const NEAR = 1e-6;

const isSameValue = (a: unknown, b: unknown): boolean => {
  if (typeof a === 'number' && typeof b === 'number') {
    return Object.is(a, b) || Math.abs(a - b) <= NEAR * Math.max(Math.abs(a), Math.abs(b));
  }
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((one, at) => isSameValue(one, b[at]));
  if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b)) {
    return isSameValue(Array.from(a as Float64Array), Array.from(b as Float64Array));
  }
  return a === b;
};

type Output = Readonly<Record<string, unknown>> | undefined;

/** Fields that only one of them has are passed over: versions may answer more than others. */
export const isSameOutput = (a: Output, b: Output): boolean => {
  if (a === undefined || b === undefined) return a === b;
  return Object.keys(a).every((name) => !Object.hasOwn(b, name) || isSameValue(a[name], b[name]));
};
