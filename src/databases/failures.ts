/** What databases throw, told in Millrace's words, and whether waiting may mend it. */
import { fail, MillraceError, messageOf } from '../core/errors.ts';

/** What an error, or one behind it, says of itself. */
export type Thrown = Error & { readonly code?: unknown; readonly errcode?: unknown };

/** What a database's own driver throws. */
export interface Failures {
  /** For what passes by itself. */
  passes(error: Thrown): boolean;
  /** Where no more can be written. */
  isFull(error: Thrown): boolean;
}

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

const fullCodes: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
/** DuckDB tells of the same ones only in the system's words. */
const fullWords = /No space left on device|Disk quota exceeded|File too large/;

/** The chain of causes, an AggregateError's first member among them. */
function* causes(error: unknown): Generator<Thrown> {
  let one: unknown = error;
  for (let depth = 0; one instanceof Error && depth < 10; depth++) {
    yield one;
    one = one instanceof AggregateError ? one.errors[0] : one.cause;
  }
}

const isOneOf = (codes: ReadonlySet<string>, { code }: Thrown): boolean => typeof code === 'string' && codes.has(code);

/** True for a connection that broke, and for what any of the databases says passes by itself. */
export const passes = (error: unknown, databases: readonly Failures[]): boolean => {
  for (const one of causes(error))
    if (isOneOf(transientCodes, one) || databases.some((database) => database.passes(one))) return true;
  return false;
};

const isFull = (error: unknown, database: Failures | undefined): boolean => {
  for (const one of causes(error))
    if (isOneOf(fullCodes, one) || database?.isFull(one) || fullWords.test(one.message)) return true;
  return false;
};

/** Characters of a database's own words that are told; a value of theirs may be of any length. */
const MAX_WORDS = 300;
const shortened = (text: string): string => (text.length > MAX_WORDS ? `${text.slice(0, MAX_WORDS)}…` : text);

/** A failure of the `database`, or else the disk, at `place` as STORE_FAILED, DISK_FULL or FILE_NOT_FOUND; what is Millrace's own already stays. */
export const placeFailure = (place: string, cause: unknown, database?: Failures): MillraceError => {
  const full = isFull(cause, database);
  if (cause instanceof MillraceError && !full) return cause;
  if (full) {
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
  (place: string, database?: Failures) =>
  async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw placeFailure(place, error, database);
    }
  };
