/** What a name was probably meant to be. Names come from anyone, so a look at two of them is short when they are far apart. */
import { distance } from './edits.ts';

const MOST_CHARS = 64;
const MOST_EDITS = 6;
/** At most one edit for words of up to three letters, else one for every three letters. */
const editsFor = (word: string): number => Math.min(MOST_EDITS, Math.max(1, Math.floor(word.length / 3)));

/** The candidate that `word` was most likely meant to be, or undefined when none is close. Letter case does not count as an edit. */
export const nearest = (word: string, candidates: Iterable<string>): string | undefined => {
  if (word.length > MOST_CHARS) return undefined;
  const wanted = word.toLowerCase();
  let best: string | undefined;
  let most = editsFor(word);
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - wanted.length) > most) continue;
    const edits = distance(wanted, candidate.toLowerCase(), most);
    if (edits > most) continue;
    best = candidate;
    most = edits - 1;
    if (most < 0) break;
  }
  return best;
};

/** Of long names too, a slip of the pen is no more than this. */
const MOST_SLIPS = 4;
/** Letters that it leaves out or adds. */
const MOST_LONGER = 2;

/**
 * The names that `extra` was probably meant to be, the nearest first: closer than `nearest` asks for, since what is refused for
 * it may be right. Between short names one letter says nothing.
 */
export const misspellingsOf = (extra: string, names: readonly string[]): readonly string[] => {
  if (extra.length > MOST_CHARS) return [];
  const given = extra.toLowerCase();
  const most = Math.min(editsFor(extra), MOST_SLIPS);
  const found: { readonly name: string; readonly edits: number }[] = [];
  for (const name of names) {
    if (Math.abs(name.length - extra.length) > MOST_LONGER) continue;
    const wanted = name.toLowerCase();
    const edits = distance(given, wanted, most);
    if (edits > most || (name.length < 4 && edits > 0)) continue;
    found.push({ name, edits });
  }
  return found.sort((a, b) => a.edits - b.edits).map(({ name }) => name);
};

/** The absent name that `extra`, which is none, was most probably meant to be. */
export const misspellingOf = (extra: string, absent: readonly string[]): string | undefined =>
  misspellingsOf(extra, absent)[0];

/** Names whose meanings are remembered, so that rows which all have them cost one look. */
const MOST_REMEMBERED = 4096;

/** A function of names that knows its last answers. Long names, of which nothing is ever nearest, are not kept. */
export const remembering = <T>(of: (name: string) => T): ((name: string) => T) => {
  const known = new Map<string, T>();
  return (name) => {
    const found = known.get(name);
    if (found !== undefined) return found;
    const made = of(name);
    if (name.length > MOST_CHARS) return made;
    if (known.size >= MOST_REMEMBERED) known.clear();
    known.set(name, made);
    return made;
  };
};

/** About how many steps `misspellingsOf` takes for names: each letter of one, for each of the others that is about as long. */
export const looksFor = (names: Iterable<string>, others: readonly string[]): number => {
  const lengths = new Map<number, number>();
  for (const { length } of others) lengths.set(length, (lengths.get(length) ?? 0) + 1);
  let looks = 0;
  for (const { length } of names) {
    if (length > MOST_CHARS) continue;
    for (let other = length - MOST_LONGER; other <= length + MOST_LONGER; other++) {
      looks += length * (lengths.get(other) ?? 0);
    }
  }
  return looks;
};
