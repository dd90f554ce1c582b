/** Whether two versions answer a row alike. */
import { exactJson } from '../../text/exact-json.ts';

/** Moves within float32's last bits are no change. */
const [ABSOLUTE, RELATIVE] = [1e-6, 1e-5];

const isNumber = (value: unknown): value is number => typeof value === 'number';

/** Of two values of one field; numbers must differ by more than `1e-6 + 1e-5 × |before|`. */
export const isChanged = (before: unknown, now: unknown): boolean => {
  if (isNumber(before) && isNumber(now)) {
    return !(Math.abs(now - before) <= ABSOLUTE + RELATIVE * Math.abs(before)) && !Object.is(before, now);
  }
  if (Array.isArray(before) && Array.isArray(now)) {
    return before.length !== now.length || before.some((one, at) => isChanged(one, now[at]));
  }
  return exactJson(before) !== exactJson(now);
};
