/**
 * Numbers of 16 bits. They are float64 in memory until a runtime takes them, which rounds them, and only once. Sources: IEEE
 * 754-2019, 3.6 (binary16, called float16); bfloat16 is the upper half of a float32.
 */
import type { Dtype } from './data.ts';

/** From where on a number is infinite: the middle between the largest one and the next that there would be. */
export const halfLimits: Readonly<Partial<Record<Dtype, number>>> = {
  float16: 65520,
  bfloat16: 2 ** 128 - 2 ** 119,
};

export const isHalf = (dtype: Dtype): dtype is 'float16' | 'bfloat16' => dtype in halfLimits;
