import { fail, type MillraceError, type Problem } from '../../core/errors.ts';

/** What C would answer otherwise than Millrace, and so is not written. `what` goes on to "…: it stays with Millrace". */
export const notExportable = (what: string, details: Partial<Problem> = {}): MillraceError =>
  fail('NOT_EXPORTABLE', `The package cannot be written in C with the same answers: ${what}.`, details);
