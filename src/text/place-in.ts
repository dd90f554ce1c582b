/** Where a character stands, as editors and other parsers of JSON say it: the position from 0, line and column from 1. */
export const placeIn = (text: string, at: number): string => {
  let line = 1;
  let start = 0;
  for (let end = text.indexOf('\n'); end !== -1 && end < at; end = text.indexOf('\n', start)) {
    line++;
    start = end + 1;
  }
  return `position ${at} (line ${line} column ${at - start + 1})`;
};
