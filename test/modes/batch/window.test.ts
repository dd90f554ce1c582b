import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MillraceError } from '../../../src/core/errors.ts';
import {
  lastWhole,
  windowAfter,
  windowAt,
  windowBefore,
  windowKinds,
  windowNamed,
  windowsBetween,
} from '../../../src/modes/batch/window.ts';
import type { WindowKind } from '../../../src/project/deployments/batch.ts';

const at = (text: string): number => Date.parse(text);
const ends = (kind: WindowKind, zone: string, text: string) => {
  const { from, to } = windowNamed(kind, zone, text);
  return [new Date(from).toISOString(), new Date(to).toISOString()];
};

const named: readonly (readonly [WindowKind, string, string, string, string])[] = [
  ['day', 'UTC', '2026-11-01', '2026-11-01T00:00:00.000Z', '2026-11-02T00:00:00.000Z'],
  // Clocks go back: a day of 25 hours. They go forward: one of 23.
  ['day', 'America/New_York', '2026-11-01', '2026-11-01T04:00:00.000Z', '2026-11-02T05:00:00.000Z'],
  ['day', 'America/New_York', '2026-03-08', '2026-03-08T05:00:00.000Z', '2026-03-09T04:00:00.000Z'],
  ['day', 'Europe/Berlin', '2026-10-25', '2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z'],
  // Clocks went forward at midnight: the day began at one o'clock.
  ['day', 'America/Sao_Paulo', '2018-11-04', '2018-11-04T03:00:00.000Z', '2018-11-05T02:00:00.000Z'],
  ['hour', 'UTC', '2026-11-01T13', '2026-11-01T13:00:00.000Z', '2026-11-01T14:00:00.000Z'],
  // One o'clock comes twice.
  ['hour', 'America/New_York', '2026-11-01T01', '2026-11-01T05:00:00.000Z', '2026-11-01T06:00:00.000Z'],
  ['hour', 'America/New_York', '2026-11-01T01-05:00', '2026-11-01T06:00:00.000Z', '2026-11-01T07:00:00.000Z'],
  // Half past is where the hours of this zone begin.
  ['hour', 'Asia/Kolkata', '2026-11-01T13', '2026-11-01T07:30:00.000Z', '2026-11-01T08:30:00.000Z'],
  // Clocks go back by half an hour at two: half past one to two comes twice, as an hour cut short.
  ['hour', 'Australia/Lord_Howe', '2026-04-05T01', '2026-04-04T14:00:00.000Z', '2026-04-04T15:00:00.000Z'],
  ['hour', 'Australia/Lord_Howe', '2026-04-05T01:30+10:30', '2026-04-04T15:00:00.000Z', '2026-04-04T15:30:00.000Z'],
  ['week', 'UTC', '2026-W44', '2026-10-26T00:00:00.000Z', '2026-11-02T00:00:00.000Z'],
  ['week', 'America/New_York', '2026-11-01', '2026-10-26T04:00:00.000Z', '2026-11-02T05:00:00.000Z'],
  ['week', 'UTC', '2027-W01', '2027-01-04T00:00:00.000Z', '2027-01-11T00:00:00.000Z'],
  ['week', 'UTC', '2026-W53', '2026-12-28T00:00:00.000Z', '2027-01-04T00:00:00.000Z'],
  ['month', 'Europe/Berlin', '2026-03', '2026-02-28T23:00:00.000Z', '2026-03-31T22:00:00.000Z'],
  ['month', 'UTC', '2026-12-24', '2026-12-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
];

for (const [kind, zone, text, from, to] of named) {
  test(`the ${kind} ${text} in ${zone} is from ${from} to ${to}`, () => {
    assert.deepEqual(ends(kind, zone, text), [from, to]);
  });
}

test('windows follow each other without gap or overlap, whatever the clocks do', () => {
  const zones = [
    'UTC',
    'America/New_York',
    'Europe/Berlin',
    'Australia/Lord_Howe',
    'Asia/Kathmandu',
    'America/Sao_Paulo',
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...windowKinds),
      fc.constantFrom(...zones),
      fc.integer({ min: at('2015-01-01'), max: at('2030-01-01') }),
      (kind, zone, instant) => {
        const window = windowAt(kind, zone, instant);
        assert.ok(window.from <= instant && instant < window.to);
        assert.equal(windowAfter(window).from, window.to);
        assert.equal(windowBefore(window).to, window.from);
        assert.deepEqual(windowBefore(windowAfter(window)), window);
        assert.deepEqual(windowNamed(kind, zone, window.label), window, 'its label names it');
      },
    ),
    { numRuns: 3000, seed: 4 },
  );
});

test('every hour of a year of clock changes is there once', () => {
  for (const zone of ['America/New_York', 'Australia/Lord_Howe']) {
    const last = windowAt('hour', zone, at('2027-01-01T12:00:00Z'));
    const all = windowsBetween(windowAt('hour', zone, at('2026-01-01T12:00:00Z')), last, 10_000);
    assert.equal(new Set(all.map(({ label }) => label)).size, all.length);
    assert.equal(
      all.reduce((sum, { from, to }) => sum + to - from, 0),
      last.to - (all[0]?.from ?? 0),
    );
  }
});

test('the last whole window is the one before the one that is still going on', () => {
  assert.equal(lastWhole('day', 'America/New_York', at('2026-11-02T04:59:00Z')).label, '2026-10-31');
  assert.equal(lastWhole('day', 'America/New_York', at('2026-11-02T05:00:00Z')).label, '2026-11-01');
  assert.equal(lastWhole('month', 'UTC', at('2026-01-15T00:00:00Z')).label, '2025-12');
});

test('what names no window is refused', () => {
  const cases: readonly (readonly [WindowKind, string])[] = [
    ['day', '2026-02-30'],
    ['day', '2026-11'],
    ['week', '2026-W54'],
    ['week', '2027-W53'],
    ['month', '2026-13'],
    ['hour', '2026-11-01T24'],
    ['hour', '2026-11-01'],
  ];
  for (const [kind, text] of cases) {
    assert.throws(
      () => windowNamed(kind, 'UTC', text),
      (error: unknown) => error instanceof MillraceError && error.code === 'USAGE' && error.message.includes(text),
    );
  }
});

test('a range that is upside down, or too long, is refused', () => {
  const [first, last] = [windowNamed('day', 'UTC', '2026-11-01'), windowNamed('day', 'UTC', '2026-11-30')];
  assert.equal(windowsBetween(first, last, 30).length, 30);
  for (const work of [() => windowsBetween(last, first, 100), () => windowsBetween(first, last, 29)]) {
    assert.throws(work, (error: unknown) => error instanceof MillraceError && error.code === 'USAGE');
  }
});
