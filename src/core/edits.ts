/** How far two words are from each other. */

const LINE_CHARS = 256;
/** The lines of the table of edits that are looked at, made once. */
const lines = [0, 1, 2].map(() => new Uint16Array(LINE_CHARS + 2));

/**
 * Edits that turn one word into another: insert, delete, replace, or swap two neighbours, each once per place
 * (optimal string alignment, Damerau 1964; Boytsov 2011, section 2.2). `most` + 1 stands for more than `most`: then only places
 * that far off the diagonal matter, and none once a whole line is past it (Ukkonen 1985).
 */
export const distance = (a: string, b: string, most: number): number => {
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
