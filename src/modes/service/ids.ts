/**
 * Ids of requests and of predictions. Who knows the id of a prediction had its answer: it cannot be guessed, and follows
 * from nothing else that a caller, a log or a trace ever shows. The id of a request is shown to everybody.
 */
import { randomFillSync } from 'node:crypto';

/** Makes ids like `mfw3k2x1-q8zr4c1v-1`: when the process began, what no other process has, and a count. */
export const createRequestIds = (): (() => string) => {
  const began = Date.now().toString(36);
  const random = crypto.getRandomValues(new BigUint64Array(1))[0].toString(36).padStart(13, '0').slice(-10);
  const prefix = `${began}-${random}-`;
  let count = 0;
  return () => prefix + (++count).toString(36);
};

/** Characters of base64url (RFC 4648, 5) with six random bits each: 132 bits. */
const SECRET_CHARS = 22;
/** Random bytes are asked for so many at a time, for a thousand ids: asking takes longer than all the rest. */
const POOL_BYTES = 16_500;
/** Ids that have one time in common. */
const TIMED_IDS = 64;

/**
 * Makes ids like `mwot5jfl-xQHPbZCrd…` of 132 random bits. Before them stands the millisecond in which some sixty of them were
 * begun, in base 36, so that a database keeps together what is written together: of its index few pages change.
 */
export const createPredictionIds = (): (() => string) => {
  const bytes = Buffer.alloc(POOL_BYTES);
  let prefix = '';
  let timed = 0;
  let pool = '';
  let at = 0;
  return () => {
    if (timed === 0) {
      timed = TIMED_IDS;
      prefix = `${Date.now().toString(36)}-`;
    }
    timed--;
    if (at === pool.length) {
      pool = randomFillSync(bytes).toString('base64url');
      at = 0;
    }
    at += SECRET_CHARS;
    return prefix + pool.slice(at - SECRET_CHARS, at);
  };
};
