/** What databases throw, told in Millrace's words, and whether waiting may mend it. */
import { fail, MillraceError, messageOf } from '../core/errors.ts';

/** SQLSTATE: connection exceptions, server shutting down or starting, too many connections, deadlocks (PostgreSQL, appendix A). */
const transientStates = /^(?:08...|57P0[123]|53300|40001|40P01|55P03|25P0[34])$/;
const transientCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
]);
/** What `pg` says, without a code, of a connection that has gone. */
const gone =
  /^(?:Connection terminated|Client has encountered a connection error|timeout (?:exceeded|expired)|Client was closed|Query read timeout|Connection ended)/;

const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const SQLITE_FULL = 13;
const fullCodes: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', '53100']);
/** DuckDB tells of the same ones only in the system's words. */
const fullWords = /No space left on device|Disk quota exceeded|File too large/;

/** The chain of causes, an AggregateError's first member among them. */
function* causes(error: unknown): Generator<Error & { readonly code?: unknown; readonly errcode?: unknown }> {
  let one: unknown = error;
  for (let depth = 0; one instanceof Error && depth < 10; depth++) {
    yield one;
    one = one instanceof AggregateError ? one.errors[0] : one.cause;
  }
}

/** True for what passes by itself: a database that restarts, a connection that broke, a lock that others hold. */
export const isTransient = (error: unknown): boolean => {
  for (const { code, errcode, message } of causes(error)) {
    if (typeof code === 'string' && (transientStates.test(code) || transientCodes.has(code))) return true;
    if (typeof errcode === 'number' && [SQLITE_BUSY, SQLITE_LOCKED].includes(errcode & 0xff)) return true;
    if (gone.test(message)) return true;
  }
  return false;
};

const isFull = (error: unknown): boolean => {
  for (const { code, errcode, message } of causes(error)) {
    if ((typeof code === 'string' && fullCodes.has(code)) || errcode === SQLITE_FULL) return true;
    if (fullWords.test(message)) return true;
  }
  return false;
};

/** Characters of a database's own words that are told; a value of theirs may be of any length. */
const MAX_WORDS = 300;
const shortened = (text: string): string => (text.length > MAX_WORDS ? `${text.slice(0, MAX_WORDS)}…` : text);

/** A failure of the database or disk at `place` as STORE_FAILED, DISK_FULL or FILE_NOT_FOUND; what is Millrace's own already stays. */
export const placeFailure = (place: string, cause: unknown): MillraceError => {
  if (cause instanceof MillraceError && !isFull(cause)) return cause;
  if (isFull(cause)) {
    return fail('DISK_FULL', `${place} is full: ${messageOf(cause)}`, {
      expected: 'room for the output; free some, and run again: what is done stays done',
      cause,
    });
  }
  if ((cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') {
    return fail('FILE_NOT_FOUND', `${place} is not there`, { expected: 'a file that exists', got: place, cause });
  }
  const inner: unknown = cause instanceof AggregateError ? (cause.errors[0] ?? cause) : cause;
  return fail('STORE_FAILED', `${place}: ${shortened(messageOf(inner))}`, { cause });
};

/** Runs work on what is at `place`; what it throws is told in Millrace's words. */
export const telling =
  (place: string) =>
  async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw placeFailure(place, error);
    }
  };
