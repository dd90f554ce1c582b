/** What node:sqlite throws for what passes by itself, and for a full disk: https://www.sqlite.org/rescode.html */
import type { Failures } from '../failures.ts';

const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const SQLITE_FULL = 13;

export const sqliteFailures: Failures = {
  // The low byte of an extended code is the primary one.
  passes: ({ errcode }) => typeof errcode === 'number' && [SQLITE_BUSY, SQLITE_LOCKED].includes(errcode & 0xff),
  isFull: ({ errcode }) => errcode === SQLITE_FULL,
};
