import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileSignature } from '../../src/core/signature.ts';
import { fromTable } from '../../src/core/table-rows.ts';

const fields = { tenure: { kind: 'number' }, total_charges: { kind: 'number', nullable: true } } as const;
const signature = compileSignature(fields);
const codesOf = (rows: readonly unknown[]) => rows.map((_, row) => signature.fromRows(rows).problems.get(row)?.code);

test('a misspelt nullable field is not scored as a missing value', () => {
  const rows = [
    { tenure: 1, TotalCharges: 9 },
    { tenure: 1, totl_charges: 9 },
    { tenure: 1, total_charge: 9 },
  ];
  assert.deepEqual(codesOf(rows), ['UNKNOWN_FIELD', 'UNKNOWN_FIELD', 'UNKNOWN_FIELD']);
  assert.equal(signature.fromRows(rows).problems.get(1)?.expected, 'total_charges');
});

test('a nullable field may be absent, null, or stand beside other fields, one of nearly its name too', () => {
  const rows = [
    { tenure: 1 },
    { tenure: 1, total_charges: null, TotalCharges: 9 },
    { tenure: 1, customer_id: 'a', charges: 3, total: 2 },
    { tenure: 1, total_charges_usd: 9 },
  ];
  assert.deepEqual(codesOf(rows), [undefined, undefined, undefined, undefined]);
});

test('the same holds for a column of a table', () => {
  const columns = { tenure: [1, 2], TotalCharges: [3, 4] };
  assert.deepEqual(
    [...fromTable(signature, columns).problems.values()].map(({ code }) => code),
    ['UNKNOWN_FIELD', 'UNKNOWN_FIELD'],
  );
  assert.equal(fromTable(signature, { tenure: [1, 2] }).problems.size, 0);
});
