/** In what a text is written: which scripts are in it, and whether digits are. One label a text, so that it can be counted as any other. */

/** Code units that are looked at: the beginning tells enough. */
const MOST_UNITS = 64;

/** First code units of ranges, and what they are; `''` is passed over (The Unicode Standard, blocks of plane 0). */
const ranges: readonly (readonly [from: number, name: string])[] = [
  [0x00, ''],
  [0x30, 'digits'],
  [0x3a, ''],
  [0x41, 'Latin'],
  [0x5b, ''],
  [0x61, 'Latin'],
  [0x7b, ''],
  [0xc0, 'Latin'],
  [0x250, ''],
  [0x370, 'Greek'],
  [0x400, 'Cyrillic'],
  [0x530, 'others'],
  [0x590, 'Hebrew'],
  [0x600, 'Arabic'],
  [0x700, 'others'],
  [0x900, 'Indic'],
  [0xe00, 'Thai'],
  [0xe80, 'others'],
  [0x1e00, 'Latin'],
  [0x1f00, 'Greek'],
  [0x2000, ''],
  [0x2c00, 'others'],
  [0x3000, ''],
  [0x3040, 'Kana'],
  [0x3100, 'others'],
  [0x3400, 'Han'],
  [0xa000, 'others'],
  [0xac00, 'Hangul'],
  [0xd7b0, 'others'],
  [0xd800, 'pictures'],
  [0xe000, 'others'],
];
const names = [...new Set(ranges.map(([, name]) => name))].filter((name) => name !== '');
const bitOf = (name: string): number => (name === '' ? 0 : 2 ** names.indexOf(name));

/** The bit of every code unit below this; others are looked for in the list. */
const DIRECT = 0x600;
const find = (unit: number): number => bitOf(ranges.findLast(([from]) => from <= unit)?.[1] ?? '');
const direct = new Uint32Array(DIRECT);
for (const [from, name] of ranges) direct.fill(bitOf(name), from);

const labels = new Map<number, string>();
const labelOf = (bits: number): string => {
  const known = labels.get(bits);
  if (known !== undefined) return known;
  const label = names.filter((name) => (bits & bitOf(name)) !== 0).join(', ');
  labels.set(bits, label);
  return label;
};

/** "Latin, digits", "Cyrillic", "signs" where there is neither letter nor digit, "empty". */
export const alphabetOf = (text: string): string => {
  if (text.length === 0) return 'empty';
  let bits = 0;
  const end = Math.min(text.length, MOST_UNITS);
  for (let at = 0; at < end; at++) {
    const unit = text.charCodeAt(at);
    bits |= unit < DIRECT ? direct[unit] : find(unit);
  }
  return bits === 0 ? 'signs' : labelOf(bits);
};
