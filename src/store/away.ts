/** Failures of a store that time may mend, told from those that lie in what it was asked to keep. */
import { MillraceError } from '../core/errors.ts';

/** Classes of SQLSTATE: data exceptions, broken constraints, and limits that a row is over (PostgreSQL, appendix A). */
const OF_ROWS = /^(?:22|23|54)/;
/** SQLITE_TOOBIG, SQLITE_CONSTRAINT, SQLITE_MISMATCH, SQLITE_RANGE. */
const OF_ROWS_SQLITE: ReadonlySet<number> = new Set([18, 19, 20, 25]);

/** True when the same may be written later: the database is gone, locked, full or read-only, for example. */
export const isAway = (error: unknown): boolean => {
  if (!(error instanceof MillraceError) || !/^(?:STORE_FAILED|DISK_FULL|READ_ONLY)$/.test(error.code)) return false;
  const { code, errcode } = (error.cause ?? {}) as { readonly code?: unknown; readonly errcode?: unknown };
  if (typeof errcode === 'number') return !OF_ROWS_SQLITE.has(errcode & 0xff);
  return typeof code !== 'string' || !OF_ROWS.test(code);
};
