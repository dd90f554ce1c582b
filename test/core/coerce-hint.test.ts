import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileSignature } from '../../src/core/signature.ts';
import { fromTable } from '../../src/core/table-rows.ts';
import type { ColumnInput, Field } from '../../src/core/types.ts';

const messageOf = (field: Field, values: ColumnInput, options = {}): string | undefined =>
  fromTable(compileSignature({ x: field }, options), { x: values }).problems.get(0)?.message;

const flag: Field = { kind: 'category', labels: ['0', '1'] };

const hinted: readonly (readonly [what: string, field: Field, values: ColumnInput, hint: RegExp])[] = [
  ['a number for a category', flag, [1], /got 1 \(write it as text, or set coerce: true in model\.yaml\)\.$/],
  ['a column of Parquet for a category', flag, BigInt64Array.of(0n), /got 0 \(write it as text, or set coerce/],
  ['a numeral for a number', { kind: 'number' }, ['3.5'], /got "3\.5" \(write it as a number, or set coerce/],
  ['1 for a boolean', { kind: 'boolean' }, [1], /got 1 \(write it as true or false, or set coerce/],
];
for (const [what, field, values, hint] of hinted) {
  test(`${what} is refused with how it would be read, and is read so`, () => {
    assert.match(messageOf(field, values) ?? '', hint);
    assert.equal(messageOf(field, values, { coerce: true }), undefined);
  });
}

test('what coerce would not read either is refused without a hint', () => {
  assert.equal(messageOf(flag, [7]), 'x: expected one of "0", "1", got 7.');
  assert.equal(messageOf({ kind: 'number' }, ['far']), 'x: expected a number, got "far".');
  assert.equal(messageOf({ kind: 'boolean' }, [2]), 'x: expected true or false, got 2.');
});
