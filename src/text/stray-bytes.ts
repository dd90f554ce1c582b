import { fail } from '../core/errors.ts';

/** Node gives bytes of the command line that are not UTF-8 as U+FFFD, and nobody can tell them from one that was written. @throws BAD_JSON */
export const refuseStrays = (text: string, what: string): void => {
  if (!text.includes('\uFFFD')) return;
  throw fail('BAD_JSON', `${what} holds U+FFFD, which stands for bytes that are not UTF-8.`, {
    expected: 'UTF-8; where the character itself is meant, \\ufffd',
    got: 'U+FFFD',
  });
};
