/** The first 12 hexadecimal digits of a digest: enough for a person, and for a reference. */
export const shortDigest = (digest: string): string => digest.slice(0, 'sha256:'.length + 12);

/** `2026-11-02 11:00:05Z`: a time in UTC to the second, as a person reads it. */
export const shortTime = (iso: string): string => iso.replace('T', ' ').replace(/\.\d+Z$/, 'Z');

/** What somebody else has written, on one line and without signs that a terminal would obey. */
export const oneLine = (text: string | undefined): string | undefined =>
  text?.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
