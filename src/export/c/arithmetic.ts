/** Arithmetic of the own runtime in C, operation by operation, so that it gives the runtime's bits: see the file that each names. */
import { roots } from '../../runtimes/trees/expf.ts';
import { sigmoidLower, sigmoidUpper, tanhLower, tanhUpper } from '../../runtimes/trees/rational.ts';
import { double, float, list } from './text.ts';

const floats = (values: Float32Array): string => list(Array.from(values, float), '    ');

const rational = (name: string, limit: number, upper: Float32Array, lower: Float32Array, last: string): string => `
/* A quotient of two polynomials (runtimes/trees/rational.ts). */
static float @_${name}(float value) {
  static const float upper[${upper.length}] = {
${floats(upper)}
  };
  static const float lower[${lower.length}] = {
${floats(lower)}
  };
  const float x = value != value ? value : value > ${limit}.0f ? ${limit}.0f : value < -${limit}.0f ? -${limit}.0f : value;
  const float square = x * x;
  float above = upper[0];
  float below = lower[0];
  for (int at = 1; at < ${upper.length}; at++) above = @_fused(above, square, upper[at]);
  for (int at = 1; at < ${lower.length}; at++) below = @_fused(below, square, lower[at]);
  above = above * x;
  above = above / below;
${last}
}`;

/** `round` is to the type of the scores (runtimes/trees/scores.ts). */
const softmaxZero = (name: string, round: string): string => `
static void @_${name}(double *scores, int32_t count) {
  double most = -3.4028234663852886e38;
  double sum = 0.0;
  double least;
  for (int32_t at = 0; at < count; at++)
    if (scores[at] > most) most = (double)(float)scores[at];
  least = @_expf(-most);
  for (int32_t at = 0; at < count; at++) {
    if (fabs(scores[at]) > (double)1e-7f) {
      scores[at] = @_expf((double)(float)((double)(float)scores[at] - most));
      sum = (double)(float)(sum + scores[at]);
    } else
      scores[at] = ${round}(scores[at] * least);
  }
  for (int32_t at = 0; at < count; at++) scores[at] = ${round}(scores[at] / sum);
}`;

export const arithmetic = {
  fused: {
    code: `
/* a * b + c, rounded once (runtimes/trees/fused.ts). */
static float @_fused(float a, float b, float c) {
  const double product = (double)a * (double)b;
  const double sum = product + (double)c;
  const float rounded = (float)sum;
  const double other = sum + (sum - (double)rounded);
  double part;
  double lost;
  if ((double)(float)other != other || other == (double)rounded || fabs(other) == INFINITY) return rounded;
  part = sum - product;
  lost = product - (sum - part) + ((double)c - part);
  if (lost > 0.0) return (double)rounded > other ? rounded : (float)other;
  if (lost < 0.0) return (double)rounded < other ? rounded : (float)other;
  return rounded;
}`,
  },
  expf: {
    code: `
/* e^x, rounded to a float (runtimes/trees/expf.ts). */
static double @_expf(double x) {
  static const double roots[32] = {
${list(Array.from(roots, double), '    ')}
  };
  double k;
  double r;
  int32_t step;
  if (!(x < 89.0 && x > -105.0)) return x != x ? x : x > 0.0 ? INFINITY : 0.0;
  r = ${double(Math.LOG2E * 32)} * x;
  k = r + 6755399441055744.0;
  k = k - 6755399441055744.0;
  r = r - k;
  step = (int32_t)k;
  {
    const double scale = ldexp(roots[step & 31], (step - (step & 31)) / 32);
    const double cubic = ${double(0.05550361559341535 / 32 ** 3)} * r;
    const double upper = (cubic + ${double(0.2402284522445722 / 32 ** 2)}) * (r * r);
    const double linear = ${double(0.6931471806916203 / 32)} * r;
    return (double)(float)((upper + (linear + 1.0)) * scale);
  }
}`,
  },
  logistic: {
    needs: ['expf'],
    code: `
static double @_logistic(double value) {
  const float divisor = (float)(1.0 + @_expf(-fabs(value)));
  const float v = 1.0f / divisor;
  return value < 0.0 ? (double)(1.0f - v) : (double)v;
}`,
  },
  softmax: {
    needs: ['expf'],
    code: `
static void @_softmax(double *scores, int32_t count) {
  double most = -3.4028234663852886e38;
  double sum = 0.0;
  for (int32_t at = 0; at < count; at++)
    if (scores[at] > most) most = (double)(float)scores[at];
  for (int32_t at = 0; at < count; at++) {
    scores[at] = @_expf((double)(float)((double)(float)scores[at] - most));
    sum = (double)(float)(sum + scores[at]);
  }
  for (int32_t at = 0; at < count; at++) scores[at] = (double)(float)(scores[at] / sum);
}`,
  },
  softmax_zero: { needs: ['expf'], code: softmaxZero('softmax_zero', '(double)(float)') },
  softmax_zero_wide: { needs: ['expf'], code: softmaxZero('softmax_zero_wide', '') },
  probit: {
    code: `
/* The logarithm is the C library's: its last bit may be another. */
static double @_probit(double value) {
  const float doubled = (float)(2.0 * value);
  const float x = doubled - 1.0f;
  const float below = 1.0f - x;
  const float above = 1.0f + x;
  const float product = below * above;
  const float logarithm = (float)log((double)product);
  const float half = 0.5f * logarithm;
  const float circle = (float)3.141592653589793 * 0.147f;
  const float part = 2.0f / circle;
  const float v = part + half;
  const float inverse = 1.0f / 0.147f;
  const float v2 = inverse * logarithm;
  const float square = v * v;
  const float inner = square - v2;
  const float root = (float)sqrt((double)inner);
  const float v3 = -v + root;
  const float last = (float)sqrt((double)v3);
  return (double)((float)1.4142135623730951 * (x < 0.0f ? -last : last));
}`,
  },
  sigmoid: {
    needs: ['fused'],
    code: rational(
      'sigmoid',
      18,
      sigmoidUpper,
      sigmoidLower,
      '  above = above + 0.5f;\n  return above > 1.0f ? 1.0f : above < 0.0f ? 0.0f : above;',
    ),
  },
  tanh: { needs: ['fused'], code: rational('tanh', 9, tanhUpper, tanhLower, '  return above;') },
  multiply: {
    needs: ['fused'],
    code: `
/* A row times a matrix: products in order, in blocks of 256, which are added to the bias (runtimes/trees/operators/linear.ts). */
static void @_multiply(const float *x, int32_t columns, const float *weights, int32_t width, const float *bias, int32_t biases, float *to) {
  for (int32_t output = 0; output < width; output++) {
    float sum = biases == 0 ? 0.0f : bias[biases == 1 ? 0 : output];
    for (int32_t start = 0; start < columns; start += 256) {
      float block = 0.0f;
      for (int32_t at = start; at < columns && at < start + 256; at++)
        block = @_fused(x[at], weights[at * width + output], block);
      sum = start == 0 && biases == 0 ? block : sum + block;
    }
    to[output] = sum;
  }
}`,
  },
  int64: {
    code: `
/* As x64 cuts a number to an integer: what does not fit becomes the least one. */
static int64_t @_int64(double x) {
  return x > -9223372036854775808.0 && x < 9223372036854775808.0 ? (int64_t)x : INT64_MIN;
}`,
  },
} as const;
