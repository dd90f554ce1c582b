/** Answers of other libraries, which ours are held against. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

interface Case<I, E> {
  readonly name: string;
  readonly library: string;
  readonly input: I;
  readonly expected: E;
  /** By fractions of whole numbers, where the library loses digits. */
  readonly exact: E;
}

const cases = ['drift', 'truth', 'comparison'].flatMap((name) => {
  const file = new URL(`../fixtures/monitor/${name}-oracles.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly Case<never, never>[] }).cases;
});

/** All cases of a name; there is at least one. */
export const oracles = <I, E>(name: string): readonly Case<I, E>[] => {
  const found = cases.filter((one) => one.name === name);
  assert.ok(found.length > 0, `no case is called ${name}`);
  return found as readonly Case<I, E>[];
};

const TOLERANCE = 1e-9;

export const near = (got: number, expected: number, what = '', tolerance = TOLERANCE): void => {
  const off = Math.abs(got - expected) / Math.max(Math.abs(expected), 1e-300);
  assert.ok(off <= tolerance || got === expected, `${what}: expected ${expected}, got ${got}, off by ${off}`);
};
