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
    row[start - 1] = Math.min(i, far);
    let least = i <= most ? i : far;
    for (let j = start; j <= end; j++) {
      let edits = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1), far);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) edits = Math.min(edits, before[j - 2] + 1);
      row[j] = edits;
      least = Math.min(least, edits);
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
/** At most one edit for words of up to three letters, else one for every three letters. */
const editsFor = (word: string): number => Math.max(1, Math.floor(word.length / 3));

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
    if (Math.abs(name.length - extra.length) > 2) continue;
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
