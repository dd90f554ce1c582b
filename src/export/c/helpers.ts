/**
 * Functions in C that the model's own function calls; `@` stands for the prefix of its names. Those that compute mirror the own
 * runtime's, operation by operation, so that they give its bits: see the file that each names.
 */
import { roots } from '../../runtimes/trees/expf.ts';
import { sigmoidLower, sigmoidUpper, tanhLower, tanhUpper } from '../../runtimes/trees/rational.ts';
import { double, float, list } from './text.ts';

interface Helper {
  readonly needs?: readonly HelperName[];
  readonly code: string;
}

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

const helpers = {
  refuse: {
    code: `
static @_status @_refuse(@_answer *answer, @_status status, const char *what) {
  answer->refused = what;
  return status;
}`,
  },
  number: {
    code: `
/* A number of the signature. NAN is missing. */
static @_status @_number(double x, int nullable, double least, double most, int whole) {
  if (x != x) return nullable ? ^_OK : ^_NULL_VALUE;
  if (x - x != 0.0) return ^_NOT_FINITE;
  if (x < least || x > most) return ^_OUT_OF_RANGE;
  if (whole && floor(x) != x) return ^_NOT_INTEGER;
  if (whole && fabs(x) > 9007199254740991.0) return ^_UNSAFE_INTEGER;
  return ^_OK;
}`,
  },
  units: {
    code: `
/* The length of a text in UTF-16 units, or -1 where it is no UTF-8. */
static int32_t @_units(const char *text) {
  const unsigned char *at = (const unsigned char *)text;
  int32_t units = 0;
  while (*at != 0) {
    uint32_t code = *at++;
    const int more = code < 0x80 ? 0 : code < 0xc2 ? -1 : code < 0xe0 ? 1 : code < 0xf0 ? 2 : code < 0xf5 ? 3 : -1;
    const uint32_t least = more == 3 ? 0x10000 : more == 2 ? 0x800 : 0;
    if (more < 0) return -1;
    if (more > 0) code &= 0x3fu >> more;
    for (int left = more; left > 0; left--) {
      if ((*at & 0xc0) != 0x80) return -1;
      code = (code << 6) | (*at++ & 0x3fu);
    }
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return -1;
    units += code >= 0x10000 ? 2 : 1;
  }
  return units;
}`,
  },
  text: {
    needs: ['units'],
    code: `
/* A text of the signature. NULL is missing. */
static @_status @_text(const char *text, int nullable, int32_t most) {
  int32_t units;
  if (text == 0) return nullable ? ^_OK : ^_NULL_VALUE;
  units = @_units(text);
  return units < 0 ? ^_WRONG_TYPE : units > most ? ^_TOO_LONG : ^_OK;
}`,
  },
  compare: {
    code: `
/* Pieces of a text side by side against another text, in the order of their bytes. */
static int @_compare(const char *const *pieces, int count, const char *other) {
  for (int at = 0; at < count; at++)
    for (const char *piece = pieces[at]; *piece != 0; piece++, other++)
      if (*piece != *other) return (unsigned char)*piece < (unsigned char)*other ? -1 : 1;
  return *other == 0 ? 0 : -1;
}`,
  },
  find: {
    needs: ['compare'],
    code: `
/* The place of a text among sorted ones; -1 where it is missing or none of them. */
static int32_t @_find(const char *const *pieces, int count, const char *const *sorted, int32_t length) {
  int32_t low = 0;
  int32_t high = length;
  if (pieces[0] == 0) return -1;
  while (low < high) {
    const int32_t middle = low + (high - low) / 2;
    const int order = @_compare(pieces, count, sorted[middle]);
    if (order == 0) return middle;
    if (order < 0) high = middle;
    else low = middle + 1;
  }
  return -1;
}`,
  },
  find_number: {
    code: `
/* The place of a number among sorted ones; -1 where it is missing or none of them. */
static int32_t @_find_number(double x, const double *sorted, int32_t length) {
  int32_t low = 0;
  int32_t high = length;
  while (low < high) {
    const int32_t middle = low + (high - low) / 2;
    if (x == sorted[middle]) return middle;
    if (x < sorted[middle]) high = middle;
    else low = middle + 1;
  }
  return -1;
}`,
  },
  least: {
    code: `
static double @_least(double a, double b) {
  if (a != a || b != b) return NAN;
  return a < b || (a == b && signbit(a)) ? a : b;
}`,
  },
  most: {
    code: `
static double @_most(double a, double b) {
  if (a != a || b != b) return NAN;
  return a > b || (a == b && !signbit(a)) ? a : b;
}`,
  },
  hour: {
    code: `
static double @_hour(double local) {
  return floor(fmod(fmod(local, 86400000.0) + 86400000.0, 86400000.0) / 3600000.0);
}`,
  },
  weekday: {
    code: `
/* Monday is 0. The epoch was a Thursday. */
static double @_weekday(double local) {
  return fmod(fmod(floor(local / 86400000.0) + 3.0, 7.0) + 7.0, 7.0);
}`,
  },
  month: {
    code: `
/* 1 to 12, of days since the epoch (H. Hinnant, civil_from_days). */
static double @_month(double local) {
  const int64_t days = (int64_t)floor(trunc(local) / 86400000.0) + 719468;
  const int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const int64_t day = days - era * 146097;
  const int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
  const int64_t of_year = day - (365 * year + year / 4 - year / 100);
  const int64_t shifted = (5 * of_year + 2) / 153;
  return (double)(shifted < 10 ? shifted + 3 : shifted - 9);
}`,
  },
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
    if (scores[at] > most) most = scores[at];
  for (int32_t at = 0; at < count; at++) {
    scores[at] = @_expf((double)(float)(scores[at] - most));
    sum = (double)(float)(sum + scores[at]);
  }
  for (int32_t at = 0; at < count; at++) scores[at] = (double)(float)(scores[at] / sum);
}`,
  },
  softmax_zero: {
    needs: ['expf'],
    code: `
static void @_softmax_zero(double *scores, int32_t count) {
  double most = -3.4028234663852886e38;
  double sum = 0.0;
  double least;
  for (int32_t at = 0; at < count; at++)
    if (scores[at] > most) most = scores[at];
  least = @_expf(-most);
  for (int32_t at = 0; at < count; at++) {
    if (fabs(scores[at]) > (double)1e-7f) {
      scores[at] = @_expf((double)(float)(scores[at] - most));
      sum = (double)(float)(sum + scores[at]);
    } else
      scores[at] = (double)(float)(scores[at] * least);
  }
  for (int32_t at = 0; at < count; at++) scores[at] = (double)(float)(scores[at] / sum);
}`,
  },
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
/* A row times a matrix: products in order, in blocks of 256 (runtimes/trees/operators/linear.ts). */
static void @_multiply(const float *x, int32_t columns, const float *weights, int32_t width, float *to) {
  for (int32_t output = 0; output < width; output++) {
    float sum = 0.0f;
    for (int32_t start = 0; start < columns; start += 256) {
      float block = 0.0f;
      for (int32_t at = start; at < columns && at < start + 256; at++)
        block = @_fused(x[at], weights[at * width + output], block);
      sum = start == 0 ? block : sum + block;
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
  int32: {
    code: `
static int32_t @_int32(double x) {
  const double whole = trunc(x);
  return whole >= -2147483648.0 && whole < 2147483648.0 ? (int32_t)whole : INT32_MIN;
}`,
  },
} as const satisfies Readonly<Record<string, { readonly needs?: readonly string[]; readonly code: string }>>;

export type HelperName = keyof typeof helpers;

export const helperText = (name: HelperName): Helper => helpers[name];
