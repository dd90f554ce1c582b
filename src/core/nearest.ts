/** What a name was probably meant to be. Names come from anyone, so a look at two of them is short when they are far apart. */

const LINE_CHARS = 256;
/** The lines of the table of edits that are looked at, made once. */
const lines = [0, 1, 2].map(() => new Uint16Array(LINE_CHARS + 2));

/**
 * Edits that turn one word into another: insert, delete, replace, or swap two neighbours, each once per place
 * (optimal string alignment, Damerau 1964; Boytsov 2011, section 2.2). `most` + 1 stands for more than `most`: then only places
 * that far off the diagonal matter, and none once a whole line is past it (Ukkonen 1985).
 */
const distance = (a: string, b: string, most: number): number => {
  const far = most + 1;
  if (Math.abs(a.length - b.length) > most || b.length > LINE_CHARS) return far;
  let [before, last, row] = lines;
  for (let j = 0; j <= Math.min(b.length, far); j++) last[j] = j;
  let leastBefore = 0;
  for (let i = 1; i <= a.length; i++) {
    const start = Math.max(1, i - most);
    const end = Math.min(b.length, i + most);
    const char = a.charCodeAt(i - 1);
    row[start - 1] = Math.min(i, far);
    let least = i <= most ? i : far;
    for (let j = start; j <= end; j++) {
      const other = b.charCodeAt(j - 1);
      let edits = last[j - 1] + (char === other ? 0 : 1);
      if (last[j] < edits) edits = last[j] + 1;
      if (row[j - 1] < edits) edits = row[j - 1] + 1;
      if (i > 1 && j > 1 && char === b.charCodeAt(j - 2) && a.charCodeAt(i - 2) === other && before[j - 2] < edits) {
        edits = before[j - 2] + 1;
      }
      if (edits > far) edits = far;
      row[j] = edits;
      if (edits < least) least = edits;
    }
    row[end + 1] = far;
    // A swap reaches back two lines.
    if (least >= far && leastBefore >= far) return far;
    leastBefore = least;
    [before, last, row] = [last, row, before];
  }
  return last[b.length];
};

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
