import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { countOf, durationQuantile, slowerThan, startDurations } from '../../../src/monitor/profile/durations.ts';
import { mergeTraffic, readRefusal, startTraffic, type Traffic } from '../../../src/monitor/profile/traffic.ts';

const anyMs = fc.double({ min: 1e-3, max: 1e9, noNaN: true });
const durationsOf = (times: readonly number[]) => {
  const counting = startDurations();
  for (const ms of times) counting.add(ms);
  return counting.counts();
};

test('a quantile of durations is at most 1.6 % off', () => {
  fc.assert(
    fc.property(
      fc.array(anyMs, { minLength: 1, maxLength: 50 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (times, q) => {
        const sorted = times.toSorted((a, b) => a - b);
        const exact = sorted[Math.max(0, Math.ceil(q * times.length) - 1)];
        const told = durationQuantile(durationsOf(times), q) ?? Number.NaN;
        assert.ok(Math.abs(told / exact - 1) <= 1 / 64 + 1e-6, `${told} of ${exact}`);
      },
    ),
  );
});

test('what took no time, or longer than anything, is counted too', () => {
  const odd = durationsOf([0, -5, Number.NaN, 1e-9, 1e300, Number.POSITIVE_INFINITY]);
  assert.deepEqual(Object.values(odd), [4, 2]);
  assert.equal(durationQuantile({}, 0.5), undefined);
});

test('slower are those beyond the bucket of an objective', () => {
  const durations = durationsOf([10, 49, 50, 55, 60, 500]);
  assert.equal(slowerThan(durations, 50), 3);
  assert.equal(countOf(durations), 6);
});

type Event = readonly ['took', number] | readonly ['failed', 'QUEUE_FULL' | 'INTERNAL'] | readonly ['refused', string];
const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  fc.tuple(fc.constant('took' as const), anyMs),
  fc.tuple(fc.constant('failed' as const), fc.constantFrom('QUEUE_FULL' as const, 'INTERNAL' as const)),
  fc.tuple(fc.constant('refused' as const), fc.constantFrom('amount', 'a place', '')),
);
const trafficOf = (events: readonly Event[]): Traffic => {
  const counting = startTraffic();
  for (const [what, value] of events) {
    if (what === 'took') counting.took(value);
    else if (what === 'failed') counting.failed(value);
    else counting.refused({ code: 'WRONG_TYPE', ...(value !== '' && { field: value }) });
  }
  return counting.counts();
};

test('parts of traffic merge into that of the whole, bit for bit, however it is cut and in any order', () => {
  fc.assert(
    fc.property(fc.array(fc.array(anyEvent), { minLength: 1 }), fc.func(fc.integer()), (parts, orderOf) => {
      const order = parts.map((part, at) => ({ part, by: orderOf(at) })).toSorted((a, b) => a.by - b.by);
      const merged = order.map(({ part }) => trafficOf(part)).reduce<Traffic | undefined>(mergeTraffic, undefined);
      assert.equal(JSON.stringify(merged), JSON.stringify(trafficOf(parts.flat())));
    }),
  );
});

test('why a row was refused is its code, and the field if it is about one', () => {
  const { refused } = trafficOf([
    ['refused', 'a place'],
    ['refused', ''],
    ['refused', ''],
  ]);
  assert.deepEqual(
    Object.entries(refused).map(([name, times]) => ({ ...readRefusal(name), times })),
    [
      { code: 'WRONG_TYPE', field: undefined, times: 2 },
      { code: 'WRONG_TYPE', field: 'a place', times: 1 },
    ],
  );
});

test('callers cannot make counts grow without end', () => {
  const { refused } = trafficOf(Array.from({ length: 1000 }, (_, at): Event => ['refused', `field ${at}`]));
  assert.ok(Object.keys(refused).length <= 201);
  assert.equal(
    Object.values(refused).reduce((sum, one) => sum + one, 0),
    1000,
  );
});
