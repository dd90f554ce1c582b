/** Functions in C that the model's own function calls; `@` stands for the prefix of its names, `^` for the same in capitals. */
import { arithmetic } from './arithmetic.ts';
import { exponentials } from './exponentials.ts';

interface Helper {
  readonly needs?: readonly HelperName[];
  readonly code: string;
}

const helpers = {
  ...arithmetic,
  ...exponentials,
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
