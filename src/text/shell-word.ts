/** Names that a shell takes as they stand. */
const PLAIN = /^[\w./+@:-]+$/;

/** A word of a command line that people copy: in quotes where a shell would take it apart (POSIX, section 2.2.2). */
export const shellWord = (text: string): string =>
  PLAIN.test(text) && !text.startsWith('-') ? text : `'${text.replaceAll("'", "'\\''")}'`;
