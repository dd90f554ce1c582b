import { absent, coerce, is, MISSING, missing, no, strangers, table } from './validation-cases.ts';

table('a category whose unknown values are refused', { kind: 'category', labels: ['a', 'b', '1'] }, [
  ...absent,
  ...strangers,
  ['b', is('b')],
  ['B', no('UNKNOWN_CATEGORY')],
  ['', no('UNKNOWN_CATEGORY')],
  ['a ', no('UNKNOWN_CATEGORY')],
  ['constructor', no('UNKNOWN_CATEGORY')],
  ['__proto__', no('UNKNOWN_CATEGORY')],
  [1, no('WRONG_TYPE')],
  [1, is('1'), coerce],
  [1n, is('1'), coerce],
  [true, no('UNKNOWN_CATEGORY'), coerce],
  ['', no('UNKNOWN_CATEGORY'), coerce],
]);

table('a category whose unknown values are allowed', { kind: 'category', labels: ['a'], unknown: 'allow' }, [
  ['never seen', is('never seen')],
  ['', is('')],
  ['__proto__', is('__proto__')],
  [null, no('NULL_VALUE')],
]);

table('a category without labels', { kind: 'category', maxLength: 3 }, [
  ['abc', is('abc')],
  ['abcd', no('TOO_LONG')],
]);

table('a nullable category', { kind: 'category', labels: ['a'], nullable: true }, [
  ...missing,
  ['', no('UNKNOWN_CATEGORY')],
  ['', is(MISSING), coerce],
  ['NA', no('UNKNOWN_CATEGORY'), coerce],
]);

table('a text', { kind: 'text', maxLength: 5 }, [
  ...absent,
  ...strangers,
  ['', is('')],
  ['héllo', is('héllo')],
  ['🚕🚕', is('🚕🚕')],
  ['🚕🚕🚕', no('TOO_LONG')],
  ['a\0b', no('WRONG_TYPE')],
  ['\ud800', no('WRONG_TYPE')],
  ['NA', is('NA'), coerce],
  ['', is(''), coerce],
  [12.5, is('12.5'), coerce],
  [12.5, no('WRONG_TYPE')],
]);

table('a text without a limit of its own', { kind: 'text' }, [
  ['a'.repeat(65_536), is('a'.repeat(65_536))],
  ['a'.repeat(65_537), no('TOO_LONG')],
]);
