/** FP16 and BF16 as raw bytes: two an element, of numbers that a Float32Array holds as they are. */
export type HalfDatatype = 'FP16' | 'BF16';

export const isHalfDatatype = (datatype: string): datatype is HalfDatatype =>
  datatype === 'FP16' || datatype === 'BF16';

/** IEEE 754 binary16 to the number it stands for. */
const half = (bits: number): number => {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
};

/** The binary16 of the bits of a float32 that is one. */
const halfBits = (float: number): number => {
  const sign = (float >>> 16) & 0x8000;
  const exponent = (float >>> 23) & 255;
  const fraction = float & 0x7f_ffff;
  if (exponent === 255) return sign | 0x7c00 | (fraction === 0 ? 0 : 0x200);
  if (exponent > 112) return sign | ((exponent - 112) << 10) | (fraction >>> 13);
  return exponent < 103 ? sign : sign | ((fraction | 0x80_0000) >>> (126 - exponent));
};

/** The elements of two bytes each that start at a place of a buffer, which is even. */
export const halvesOfRaw = (
  datatype: HalfDatatype,
  buffer: ArrayBufferLike,
  byteOffset: number,
  count: number,
): Float32Array => {
  const bits = new Uint16Array(buffer, byteOffset, count);
  if (datatype === 'FP16') return Float32Array.from(bits, half);
  return new Float32Array(Uint32Array.from(bits, (upper) => upper << 16).buffer);
};

export const rawOfHalves = (datatype: HalfDatatype, elements: Float32Array): Uint8Array => {
  const floats = new Uint32Array(elements.buffer, elements.byteOffset, elements.length);
  const toBits = datatype === 'FP16' ? halfBits : (float: number) => float >>> 16;
  return new Uint8Array(Uint16Array.from(floats, toBits).buffer);
};
