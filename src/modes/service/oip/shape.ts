/** The shape that a caller says its tensor has. */
import { type Code, fail, type MillraceError, show } from '../../../core/errors.ts';

const MOST_SIZES = 32;

/** Elements of a shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, dim) => size * dim, 1);

/**
 * Sizes as numbers. Of those that 64 bits can say, many are past all that a computer counts.
 *
 * @throws BAD_REQUEST, BAD_SHAPE
 */
export const checkedShape = (field: string, sizes: readonly unknown[]): readonly number[] => {
  const wrong = (expected: string, got: string, code: Code = 'BAD_REQUEST'): MillraceError =>
    fail(code, `${field}: expected ${expected}, got ${got}.`, { field, expected, got });
  if (sizes.length > MOST_SIZES) throw wrong(`at most ${MOST_SIZES} sizes`, 'more');
  const checked = sizes.map((size) => {
    const number = typeof size === 'bigint' ? Number(size) : size;
    if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
    throw wrong(`whole sizes from 0 to ${Number.MAX_SAFE_INTEGER}`, show(size));
  });
  const elements = sizeOf(checked);
  if (Number.isSafeInteger(elements)) return checked;
  throw wrong(`a shape of at most ${Number.MAX_SAFE_INTEGER} elements`, `[${checked.join(', ')}]`, 'BAD_SHAPE');
};
