/** Exponential functions of float64 in C, operation by operation as runtimes/trees/exp.ts and quick-exp.ts have them. */
import { halvings } from '../../runtimes/trees/powers.ts';
import { double } from './text.ts';

const pairs = halvings.map(([high, low]) => `    { ${double(high)}, ${double(low)} }`).join(',\n');

/** 2048 / ln 2. */
const QUICK_STEPS = 2048 / Math.LN2;

/** The beginning of both: 2^(k / 2^bits) × e^r = e^x. */
const begin = (bits: number, steps: number): string => `  k = ${double(steps)} * x;
  k = k + 6755399441055744.0;
  k = k - 6755399441055744.0;
  whole = (int32_t)k;
  step = whole & ${2 ** bits - 1};`;

export const exponentials = {
  lost: {
    code: `
/* What a * b lacks when it is rounded to product. */
static double @_lost(double a, double b, double product) {
  const double wide_a = a * 134217729.0;
  const double wide_b = b * 134217729.0;
  const double high_a = wide_a - (wide_a - a);
  const double high_b = wide_b - (wide_b - b);
  const double low_a = a - high_a;
  const double low_b = b - high_b;
  return low_a * low_b - (product - high_a * high_b - low_a * high_b - high_a * low_b);
}`,
  },
  root: {
    needs: ['lost'],
    code: `
/* 2^(step / 2^bits): the nearest double, and what it lacks as a part of it (runtimes/trees/powers.ts). */
static double @_root(int32_t step, int bits, double *tail) {
  static const double halvings[${halvings.length}][2] = {
${pairs}
  };
  double high = 1.0;
  double low = 0.0;
  for (int bit = 0; bit < bits; bit++) {
    if (((step >> (bits - 1 - bit)) & 1) != 0) {
      const double more = halvings[bit][0];
      const double product = high * more;
      const double small = @_lost(high, more, product) + (high * halvings[bit][1] + low * more);
      high = product + small;
      low = small - (high - product);
    }
  }
  *tail = low / high;
  return high;
}`,
  },
  scaled: {
    code: `
/* value * 2^power, without leaving the range of a double on the way. */
static double @_scaled(double value, int32_t power) {
  const int32_t half = (power - (power & 1)) / 2;
  return value * ldexp(1.0, half) * ldexp(1.0, power - half);
}`,
  },
  exp: {
    needs: ['root', 'scaled'],
    code: `
/* e^x (runtimes/trees/exp.ts). */
static double @_exp(double x) {
  double k;
  double r;
  double tail;
  double root;
  double square;
  double more;
  double product;
  double sum;
  int32_t whole;
  int32_t step;
  if (!(x < 709.79 && x > -745.2)) return x != x ? x : x > 0.0 ? INFINITY : 0.0;
${begin(7, Math.LOG2E * 128)}
  r = x - k * 0.005415212348111709 - k * 1.2864023111638344e-14;
  root = @_root(step, 7, &tail);
  square = r * r;
  more = tail + r + square * (0.49999999999996786 + r * 0.16666666666665886) + square * square * (0.0416666808410674 + r * 0.008333335853059549);
  product = root * more;
  sum = root + product;
  return @_scaled(sum + (product - (sum - root) + @_lost(root, more, product)), (whole - step) / 128);
}`,
  },
  quick_exp: {
    needs: ['root', 'scaled'],
    code: `
/* e^x (runtimes/trees/quick-exp.ts). */
static double @_quick_exp(double x) {
  double k;
  double t;
  double tail;
  double cubic;
  int32_t whole;
  int32_t step;
  if (!(x < 709.782712893384 && x > -708.396418532264)) return x != x ? x : x > 0.0 ? INFINITY : 0.0;
${begin(11, QUICK_STEPS)}
  t = k * ${double(1 / QUICK_STEPS)} - x;
  cubic = (3.0000000027955394 - t) * (t * t) * 0.16666666685227835 - t + 1.0;
  return cubic * @_scaled(@_root(step, 11, &tail), (whole - step) / 2048);
}`,
  },
} as const;
