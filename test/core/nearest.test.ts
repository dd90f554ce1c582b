import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { misspellingOf, nearest } from '../../src/core/nearest.ts';

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

test('what is nearest is what the whole table of edits says, however early looking ends', () => {
  const editsOf = (a: string, b: string): number => {
    const table = Array.from({ length: a.length + 1 }, (_, i) =>
      Array.from({ length: b.length + 1 }, (_, j) => i || j),
    );
    for (let i = 1; i <= a.length; i++) {
      for (let j = 1; j <= b.length; j++) {
        const replaced = table[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
        table[i][j] = Math.min(table[i - 1][j] + 1, table[i][j - 1] + 1, replaced);
        const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
        if (isSwap) table[i][j] = Math.min(table[i][j], table[i - 2][j - 2] + 1);
      }
    }
    return table[a.length][b.length];
  };
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 14 });
  fc.assert(
    fc.property(word, fc.array(word, { maxLength: 6 }), (typed, candidates) => {
      const most = Math.max(1, Math.floor(typed.length / 3));
      const edits = candidates.map((candidate) => editsOf(typed, candidate));
      const least = Math.min(...edits);
      assert.equal(nearest(typed, candidates), least <= most ? candidates[edits.indexOf(least)] : undefined);
    }),
    { numRuns: 1000 },
  );
});

test('of long names too, a field is misspelt by a few letters only', () => {
  const field = 'average_daily_balance_of_the_year';
  assert.equal(misspellingOf('avrage_dayly_balance_of_teh_year', [field]), field);
  assert.equal(misspellingOf('average_daily_payment_of_the_year', [field]), undefined);
});
