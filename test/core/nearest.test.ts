import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from '../../src/core/nearest.ts';

const known = ['description', 'prepare', 'transform', 'kind', 'min', 'max'];

const meant: readonly (readonly [typed: string, wanted: string | undefined])[] = [
  ['discription', 'description'],
  ['perpare', 'prepare'],
  ['transfrom', 'transform'],
  ['Transform', 'transform'],
  ['knd', 'kind'],
  ['mim', 'min'],
  ['zzz', undefined],
  ['unit', undefined],
  ['', undefined],
  ['x'.repeat(10_000), undefined],
];

for (const [typed, wanted] of meant) {
  test(`'${typed.slice(0, 20)}' was meant as ${wanted ?? 'nothing that is known'}`, () => {
    assert.equal(nearest(typed, known), wanted);
  });
}

test('two neighbours that changed places are one edit', () => {
  assert.equal(nearest('ba', ['ab', 'xyz']), 'ab');
});
