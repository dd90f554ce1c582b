/** What the suites of a registry share: packages in it, and a clock that is set. */
import assert from 'node:assert/strict';
import { MillraceError } from '../../src/core/errors.ts';
import type { Registry } from '../../src/registry/types.ts';
import { packed } from './packages.ts';
import type { Opened, OpenOptions } from './stores.ts';

/** An empty registry; `again` opens another one on the same store. */
export type Empty = (
  options?: OpenOptions,
) => Promise<Opened & { readonly again: (other?: OpenOptions) => Promise<Opened> }>;

export const refused =
  (code: string, ...parts: readonly string[]) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof MillraceError, String(error));
    assert.equal(error.code, code);
    for (const part of parts) assert.ok(error.message.includes(part), `${error.message}\nlacks: ${part}`);
    return true;
  };

/** Registers these versions of one model. */
export const fill = async (registry: Registry, name: string, ...versions: readonly string[]): Promise<void> => {
  for (const version of versions) await registry.register(packed(name, version));
};

/** A clock that stands still until it is set. */
export const settable = (start: string) => {
  let now = new Date(start);
  return {
    clock: () => now,
    set: (to: string) => {
      now = new Date(to);
    },
  };
};
