import { absent, coerce, is, MISSING, missing, no, strangers, table } from './validation-cases.ts';

table('a number', { kind: 'number', min: -10, max: 1e300 }, [
  ...absent,
  ...strangers,
  [3.25, is(3.25)],
  [-0, is(-0)],
  [-10, is(-10)],
  [-10.000001, no('OUT_OF_RANGE')],
  [1.0000001e300, no('OUT_OF_RANGE')],
  [Infinity, no('NOT_FINITE')],
  [-Infinity, no('NOT_FINITE')],
  [2 ** 60, is(2 ** 60)],
  [7n, is(7)],
  [2n ** 53n - 1n, is(2 ** 53 - 1)],
  [2n ** 53n + 1n, no('UNSAFE_INTEGER')],
  [10n ** 400n, no('UNSAFE_INTEGER')],
  [true, no('WRONG_TYPE')],
  [true, no('WRONG_TYPE'), coerce],
  [new Date(0), no('WRONG_TYPE')],
  ['3.25', no('WRONG_TYPE')],
  ['3.25', is(3.25), coerce],
  [' -4e-3 ', is(-0.004), coerce],
  ['+5.', is(5), coerce],
  ['.5', is(0.5), coerce],
  ['-11', no('OUT_OF_RANGE'), coerce],
  ['1e999', no('NOT_FINITE'), coerce],
  ['1,000', no('WRONG_TYPE'), coerce],
  ['0x10', no('WRONG_TYPE'), coerce],
  ['1_000', no('WRONG_TYPE'), coerce],
  ['Infinity', no('WRONG_TYPE'), coerce],
  ['3 miles', no('WRONG_TYPE'), coerce],
  ['', no('NULL_VALUE'), coerce],
  ['NaN', no('NULL_VALUE'), coerce],
  ['NA', no('NULL_VALUE'), coerce],
]);

table('a number without limits', { kind: 'number' }, [
  [Number.MAX_VALUE, is(Number.MAX_VALUE)],
  [Number.MIN_VALUE, is(Number.MIN_VALUE)],
  [Infinity, no('NOT_FINITE')],
  [-Infinity, no('NOT_FINITE')],
]);

table('a nullable number', { kind: 'number', nullable: true, min: 0 }, [
  ...missing,
  [-1, no('OUT_OF_RANGE')],
  [Infinity, no('NOT_FINITE')],
  ['', no('WRONG_TYPE')],
  ...['', ' ', 'NA', 'N/A', 'NaN', 'nan', 'null', 'NULL', 'None'].map((blank) => [blank, is(MISSING), coerce] as const),
  ['-', no('WRONG_TYPE'), coerce],
]);

table('an integer', { kind: 'integer' }, [
  ...absent,
  ...strangers,
  [3, is(3)],
  [3.5, no('NOT_INTEGER')],
  [Infinity, no('NOT_FINITE')],
  [2 ** 53 - 1, is(2 ** 53 - 1)],
  [2 ** 53, no('UNSAFE_INTEGER')],
  [-(2 ** 53), no('UNSAFE_INTEGER')],
  [2n ** 53n - 1n, is(2 ** 53 - 1)],
  [2n ** 53n, no('UNSAFE_INTEGER')],
  ['12', is(12), coerce],
  ['12.0', is(12), coerce],
  ['12.5', no('NOT_INTEGER'), coerce],
  ['9007199254740993', no('UNSAFE_INTEGER'), coerce],
]);

table('an integer in a range', { kind: 'integer', min: 0, max: 5 }, [
  [6, no('OUT_OF_RANGE')],
  [2 ** 60, no('OUT_OF_RANGE')],
  [-1, no('OUT_OF_RANGE')],
  [5, is(5)],
  [4.5, no('NOT_INTEGER')],
]);

table('a boolean', { kind: 'boolean' }, [
  ...absent,
  ...strangers,
  [true, is(true)],
  [false, is(false)],
  [1, no('WRONG_TYPE')],
  [0, no('WRONG_TYPE')],
  ['true', no('WRONG_TYPE')],
  ['true', is(true), coerce],
  ['FALSE', is(false), coerce],
  ['1', is(true), coerce],
  [0, is(false), coerce],
  [2, no('WRONG_TYPE'), coerce],
  ['yes', no('WRONG_TYPE'), coerce],
  ['', no('NULL_VALUE'), coerce],
]);
table('a nullable boolean', { kind: 'boolean', nullable: true }, [...missing, ['', is(MISSING), coerce]]);
