/** Waiting for what must come: no test asserts on a time. */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

/** Milliseconds: a busy machine takes its time, and nobody waits so long where all is well. */
const PATIENCE_MS = 120_000;

/**
 * Looks until something comes, which it resolves to; a test that waits in vain says for what.
 * Most of the time goes to those who are waited for.
 */
export const until = async <T>(
  what: string,
  come: () => T | Promise<T>,
): Promise<Exclude<Awaited<T>, false | undefined>> => {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const began = performance.now();
    const found = await come();
    if (found !== undefined && found !== false) return found as Exclude<Awaited<T>, false | undefined>;
    if (performance.now() > deadline) assert.fail(`waited in vain until ${what}`);
    await pause(5 + 4 * (performance.now() - began));
  }
};
