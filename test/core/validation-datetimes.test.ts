import type { Field } from '../../src/core/types.ts';
import { absent, coerce, is, MISSING, missing, no, strangers, table } from './validation-cases.ts';

table('a datetime', { kind: 'datetime' }, [
  ...absent,
  ...strangers,
  ['2024-05-06T07:08:09Z', is('2024-05-06T07:08:09.000Z')],
  ['2024-05-06t07:08:09.123456z', is('2024-05-06T07:08:09.123Z')],
  ['2024-05-06 07:08+02:00', is('2024-05-06T05:08:00.000Z')],
  ['2024-05-06T07:08:09 -0430', is('2024-05-06T11:38:09.000Z')],
  ['2024-05-06T07:08:09+05', is('2024-05-06T02:08:09.000Z')],
  ['2024-05-06T07:08:09,5Z', is('2024-05-06T07:08:09.500Z')],
  ['2024-05-06T07:08:09', no('BAD_DATETIME')],
  ['2024-05-06', no('BAD_DATETIME')],
  ['2024-02-29T00:00Z', is('2024-02-29T00:00:00.000Z')],
  ['2023-02-29T00:00Z', no('BAD_DATETIME')],
  ['1900-02-29T00:00Z', no('BAD_DATETIME')],
  ['2000-02-29T00:00Z', is('2000-02-29T00:00:00.000Z')],
  ['2024-04-31T00:00Z', no('BAD_DATETIME')],
  ['2024-00-10T00:00Z', no('BAD_DATETIME')],
  ['2024-13-10T00:00Z', no('BAD_DATETIME')],
  ['2024-05-00T00:00Z', no('BAD_DATETIME')],
  ['2024-05-06T24:00:00Z', no('BAD_DATETIME')],
  ['2024-05-06T07:60Z', no('BAD_DATETIME')],
  ['2016-12-31T23:59:60Z', no('BAD_DATETIME')],
  ['2024-05-06T07:08+24:00', no('BAD_DATETIME')],
  ['2024-05-06T07:08+02:60', no('BAD_DATETIME')],
  ['2024-05-06Z', no('BAD_DATETIME')],
  ['2024-05-06T07Z', no('BAD_DATETIME')],
  ['2024-05-06T07:08:09Z ', no('BAD_DATETIME')],
  [' 2024-05-06T07:08:09Z ', is('2024-05-06T07:08:09.000Z'), coerce],
  ['24-05-06T07:08:09Z', no('BAD_DATETIME')],
  ['06.05.2024', no('BAD_DATETIME')],
  ['', no('BAD_DATETIME')],
  ['', no('NULL_VALUE'), coerce],
  ['yesterday', no('BAD_DATETIME')],
  ['1066-10-14T00:00Z', is('1066-10-14T00:00:00.000Z')],
  [new Date(5), is('1970-01-01T00:00:00.005Z')],
  [new Date(Number.NaN), no('BAD_DATETIME')],
  [1_714_979_289_000, no('WRONG_TYPE')],
  [1_714_979_289_000, no('WRONG_TYPE'), coerce],
]);

const york: Field = { kind: 'datetime', zone: 'America/New_York' };

table('a datetime with a zone', york, [
  ['2024-01-06T07:08', is('2024-01-06T12:08:00.000Z')],
  ['2024-07-06T07:08', is('2024-07-06T11:08:00.000Z')],
  ['2024-07-06T07:08Z', is('2024-07-06T07:08:00.000Z')],
  ['2024-07-06', is('2024-07-06T04:00:00.000Z')],
  // Clocks go from 02:00 to 03:00: what lies between moves forward by the hour that is not there.
  ['2024-03-10T01:59:59', is('2024-03-10T06:59:59.000Z')],
  ['2024-03-10T02:30', is('2024-03-10T07:30:00.000Z')],
  ['2024-03-10T03:00', is('2024-03-10T07:00:00.000Z')],
  // Clocks go from 02:00 back to 01:00: what comes twice is the first.
  ['2024-11-03T00:59', is('2024-11-03T04:59:00.000Z')],
  ['2024-11-03T01:30', is('2024-11-03T05:30:00.000Z')],
  ['2024-11-03T01:30-05:00', is('2024-11-03T06:30:00.000Z')],
  ['2024-11-03T02:00', is('2024-11-03T07:00:00.000Z')],
]);

table('a datetime in a zone whose midnight is skipped', { kind: 'datetime', zone: 'Africa/Cairo' }, [
  ['2024-04-26', is('2024-04-25T22:00:00.000Z')],
]);

table('a datetime in a zone that skipped a day', { kind: 'datetime', zone: 'Pacific/Apia' }, [
  ['2011-12-30T12:00', is('2011-12-30T22:00:00.000Z')],
]);

table('a datetime in a zone of half hours', { kind: 'datetime', zone: 'Australia/Lord_Howe' }, [
  ['2024-01-01T00:00', is('2023-12-31T13:00:00.000Z')],
  ['2024-07-01T00:00', is('2024-06-30T13:30:00.000Z')],
]);

table('a datetime of a time when offsets had seconds', { kind: 'datetime', zone: 'Africa/Monrovia' }, [
  ['1972-01-06T23:59:59', is('1972-01-07T00:44:29.000Z')],
  ['1972-01-07T01:00:00', is('1972-01-07T01:00:00.000Z')],
]);
table('a nullable datetime', { ...york, nullable: true }, [...missing, ['NA', is(MISSING), coerce]]);
