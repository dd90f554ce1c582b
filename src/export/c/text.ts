/** C99 as text: literals with the very bits of a number or a text, names, comments. */

/** Eight at most to a line, within braces. */
export const list = (values: readonly string[], indent = '  '): string => {
  const lines: string[] = [];
  let line = indent;
  for (const value of values) {
    if (line.length + value.length > 118 && line !== indent) {
      lines.push(line.trimEnd());
      line = indent;
    }
    line += `${value}, `;
  }
  lines.push(line.trimEnd().replace(/,$/, ''));
  return lines.join('\n');
};

const special = (value: number): string | undefined => {
  if (Number.isNaN(value)) return 'NAN';
  if (Math.abs(value) === Infinity) return value > 0 ? 'INFINITY' : '-INFINITY';
  return undefined;
};
const withPoint = (digits: string): string => (/[.e]/.test(digits) ? digits : `${digits}.0`);

/** A constant of type double. ECMAScript's shortest text of a number is read back as that number. */
export const double = (value: number): string =>
  special(value) ?? withPoint(Object.is(value, -0) ? '-0' : String(value));

/** A constant of type float, of a number that is one. Nine digits stand for no other. */
export const float = (value: number): string =>
  special(value) ?? `${withPoint(Object.is(value, -0) ? '-0' : String(Number(value.toPrecision(9))))}f`;

const INT64_LEAST = -(2n ** 63n);
/** A constant of type int64_t: the least one has no digits of its own. */
export const int64 = (value: bigint): string =>
  value === INT64_LEAST ? '(-INT64_C(9223372036854775807) - 1)' : `INT64_C(${value})`;

const encoder = new TextEncoder();
/** A text in UTF-8, all but letters and digits of ASCII escaped where C gives them a meaning of its own. */
export const text = (value: string): string => {
  let literal = '';
  for (const byte of encoder.encode(value)) {
    const char = String.fromCharCode(byte);
    literal +=
      byte < 32 || byte > 126 ? `\\${byte.toString(8).padStart(3, '0')}` : /["\\?]/.test(char) ? `\\${char}` : char;
  }
  return `"${literal}"`;
};

/** Bytes in the order of UTF-8, as strcmp has it. */
export const byBytes = (a: string, b: string): number => {
  const [x, y] = [encoder.encode(a), encoder.encode(b)];
  for (let at = 0; at < Math.min(x.length, y.length); at++) if (x[at] !== y[at]) return x[at] - y[at];
  return x.length - y.length;
};

const KEYWORDS = new Set(
  `auto break case char const continue default do double else enum extern float for goto if inline int long register
  restrict return short signed sizeof static struct switch typedef union unsigned void volatile while main refused asm
  class delete new private protected public this template bool true false and or not xor`.split(/\s+/),
);

/** Names for C, one for each name that is given, in their order: none twice, none a keyword. */
export const identifiers = (names: readonly string[]): ReadonlyMap<string, string> => {
  const taken = new Set(KEYWORDS);
  const found = new Map<string, string>();
  for (const name of names) {
    const plain = name
      .normalize('NFKD')
      .replace(/[^A-Za-z0-9]+/g, '_')
      .replace(/^_+|_+$/g, '');
    const stem = /^[A-Za-z]/.test(plain) ? plain : `f_${plain}`;
    let made = stem;
    for (let more = 2; taken.has(made); more++) made = `${stem}_${more}`;
    taken.add(made);
    found.set(name, made);
  }
  return found;
};

/** What people wrote, fit to stand in a comment. */
export const comment = (words: string): string =>
  words.replace(/\s+/g, ' ').replaceAll('*/', '* /').replaceAll('/*', '/ *').replaceAll('\\', '/').trim();
