import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Field } from '../../src/core/types.ts';
import { breaksOf, diffSignatures } from '../../src/diff/signatures.ts';

type Signature = Parameters<typeof diffSignatures>[0];

const number: Field = { kind: 'number', min: 0, max: 10 };
const labels = (...all: readonly string[]): Field => ({ kind: 'category', labels: all });
const tensor = (shape: readonly (number | null)[], dtype: 'float32' | 'float64' = 'float32'): Field => ({
  kind: 'tensor',
  dtype,
  shape,
});
const signature = (inputs: Signature['inputs'], more: Partial<Signature> = {}): Signature => ({
  inputs,
  outputs: {},
  ...more,
});

/** A change of one input, and the same of one output the other way round. */
const changes: readonly (readonly [what: string, before: Field, now: Field, breaks: RegExp | undefined])[] = [
  ['nothing', number, number, undefined],
  ['a wider range', number, { kind: 'number' }, undefined],
  ['a narrower range', { kind: 'number' }, number, /no least value against at least 0/],
  ['a lower limit', number, { ...number, max: 9 }, /to 10 against at most 9/],
  ['another unit', { ...number, unit: 'mile' }, { ...number, unit: 'km' }, /mile against km/],
  ['an integer that is a number now', { kind: 'integer' }, { kind: 'number' }, undefined],
  ['a number that is an integer now', { kind: 'number' }, { kind: 'integer' }, /number against integer/],
  ['a value that may be missing', number, { ...number, nullable: true }, undefined],
  ['a value that may be missing no more', { ...number, nullable: true }, number, /must be there/],
  ['a text that is a number now', { kind: 'text' }, number, /another kind/],
  ['a boolean that is a number now', { kind: 'boolean' }, number, /another kind/],
  ['more labels', labels('a'), labels('a', 'b'), undefined],
  ['fewer labels', labels('a', 'b', 'c'), labels('b'), /labels that are not known there: a, c/],
  ['labels where there were none', { kind: 'category' }, labels('a'), /any text against 1 labels: a/],
  ['labels that others may join', labels('a', 'b'), { kind: 'category', labels: ['a'], unknown: 'allow' }, undefined],
  ['a category that is a text now', { kind: 'category' }, { kind: 'text' }, undefined],
  ['a shorter text', { kind: 'text' }, { kind: 'text', maxLength: 9 }, /up to 65536 characters against 9/],
  ['a time in a zone', { kind: 'datetime' }, { kind: 'datetime', zone: 'Europe/Berlin' }, /no unit against Europe/],
  ['a time without one', { kind: 'datetime', zone: 'Europe/Berlin' }, { kind: 'datetime' }, /without an offset/],
  ['another shape', tensor([2, 3]), tensor([3, 3]), /2 elements against 3/],
  ['an inner shape', tensor([2, 3]), tensor([2, 4]), /3 elements against 4/],
  ['a shape of any length', tensor([2]), tensor([null]), undefined],
  ['a shape of one length', tensor([null]), tensor([2]), /elements against 2/],
  ['another dtype', tensor([2]), tensor([2], 'float64'), /float32 against float64/],
];

describe('a change of a signature', () => {
  for (const [what, before, now, breaks] of changes) {
    it(`to ${what} ${breaks ? 'breaks callers' : 'breaks nothing'}, as the reverse does of readers`, () => {
      const asInput = breaksOf(diffSignatures(signature({ x: before }), signature({ x: now })));
      const asOutput = breaksOf(
        diffSignatures(signature({}, { outputs: { y: now } }), signature({}, { outputs: { y: before } })),
      );
      assert.equal(asInput.length, breaks ? 1 : 0, asInput.join());
      assert.equal(asOutput.length, breaks ? 1 : 0, asOutput.join());
      if (breaks === undefined) return;
      assert.match(asInput[0], breaks);
      assert.ok(asInput[0].startsWith('input x: ') && asOutput[0].startsWith('output y: '));
    });
  }

  it('breaks callers by a field that must be given, and by refusing what they still send', () => {
    const before = signature({ x: number, old: number });
    const now = signature({ x: number, hour: number, dusk: { ...number, nullable: true } });
    assert.deepEqual(breaksOf(diffSignatures(before, now)), ['input hour: it must be given, and nobody sends it yet']);
    assert.deepEqual(breaksOf(diffSignatures(before, { ...signature({ x: number }), extraFields: 'reject' })), [
      'input old: rows that still have it are refused',
      'extraFields: rows with fields that it does not know are refused',
    ]);
  });

  it('breaks readers by an answer that is gone, and by nothing that is new', () => {
    const before = signature({}, { outputs: { y: number }, coerce: true });
    const now = signature({}, { outputs: { z: number } });
    assert.deepEqual(breaksOf(diffSignatures(before, now)), [
      'output y: it is not answered any more',
      'coerce: numbers, booleans and dates that come as texts are refused',
    ]);
  });
});
