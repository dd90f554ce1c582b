/**
 * Edits that turn one word into another: insert, delete, replace, or swap two neighbours, each once per place
 * (optimal string alignment, Damerau 1964; Boytsov 2011, section 2.2).
 */
const distance = (a: string, b: string): number => {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, (before[j - 2] ?? 0) + 1);
      }
      row.push(least);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
};

/**
 * The candidate that `word` was most likely meant to be, or undefined when none is close: at most one edit for words
 * of up to three letters, else one for every three letters. Letter case does not count as an edit.
 */
export const nearest = (word: string, candidates: Iterable<string>): string | undefined => {
  if (word.length > 64) return undefined;
  const wanted = word.toLowerCase();
  let best: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - wanted.length) >= least) continue;
    const edits = distance(wanted, candidate.toLowerCase());
    if (edits < least) {
      best = candidate;
      least = edits;
    }
  }
  return best;
};

/**
 * The absent name that `extra`, which is none, was probably meant to be: closer than `nearest` asks for, since what is
 * refused for it may be right. Between short names one letter says nothing.
 */
export const misspellingOf = (extra: string, absent: readonly string[]): string | undefined => {
  const meant = nearest(extra, absent);
  if (meant === undefined || Math.abs(meant.length - extra.length) > 2) return undefined;
  return meant.length < 4 && meant.toLowerCase() !== extra.toLowerCase() ? undefined : meant;
};
