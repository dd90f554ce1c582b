/** Whether two versions answer a row alike. */
import { exactJson } from '../../text/exact-json.ts';

/** Moves within float32's last bits are no change. */
const [ABSOLUTE, RELATIVE] = [1e-6, 1e-5];

const isNumber = (value: unknown): value is number => typeof value === 'number';

const listed = (value: unknown): unknown => (ArrayBuffer.isView(value) ? Array.from(value as Float64Array) : value);

/** Of two values of one field; numbers must differ by more than `1e-6 + 1e-5 × |before|`. */
export const isChanged = (before: unknown, now: unknown): boolean => {
  if (isNumber(before) && isNumber(now)) {
    return !(Math.abs(now - before) <= ABSOLUTE + RELATIVE * Math.abs(before)) && !Object.is(before, now);
  }
  const [one, other] = [listed(before), listed(now)];
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length !== other.length || one.some((value, at) => isChanged(value, other[at]));
  }
  return exactJson(one) !== exactJson(other);
};

/** Undefined of a row that was refused. */
type Output = Readonly<Record<string, unknown>> | undefined;

/** Fields that only one of them has are passed over: versions may answer more than others. */
export const isSameOutput = (before: Output, now: Output): boolean => {
  if (before === undefined || now === undefined) return before === now;
  return Object.keys(before).every((name) => !Object.hasOwn(now, name) || !isChanged(before[name], now[name]));
};
