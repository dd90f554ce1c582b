import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startTraffic, type Traffic } from '../../../src/monitor/profile/traffic.ts';
import { type DatedTraffic, judgeSlo } from '../../../src/monitor/slo/burn-rates.ts';
import { objectivesOf } from '../../../src/monitor/slo/objectives.ts';
import { createRandom } from '../drift/random.ts';

const MINUTE_MS = 60_000;
const END = Date.parse('2026-11-20T12:00:00.000Z');

/** Calls of a minute, some of which fail, or are slow. */
const minuteOf = (calls: number, { failed = 0, slow = 0 } = {}): Traffic => {
  const counting = startTraffic();
  for (let call = 0; call < calls - failed; call++) counting.took(call < slow ? 200 : 5);
  for (let call = 0; call < failed; call++) counting.failed('QUEUE_FULL');
  return counting.counts();
};
/** Each minute of three days, by how many minutes ago it was. */
const days = (of: (ago: number) => Traffic | undefined): readonly DatedTraffic[] =>
  Array.from({ length: 3 * 1440 }, (_, index) => {
    const ago = index + 1;
    return { at: new Date(END - ago * MINUTE_MS).toISOString(), traffic: of(ago) };
  });
const objectives = objectivesOf({ errors: '0.1 %', latency: '50ms' });
const good = minuteOf(100);

describe('burn rates', () => {
  it('are told of five windows, in budgets', () => {
    const bad = minuteOf(100, { failed: 2, slow: 4 });
    const { objectives: told } = judgeSlo(
      objectives,
      days((ago) => (ago <= 5 ? bad : good)),
      END,
    );
    const ratesOf = (name: string) => told.find(({ objective }) => objective === name)?.rates ?? [];
    const rounded = (name: string) => ratesOf(name).map(({ window, rate }) => [window, Number(rate.toFixed(2))]);
    assert.deepEqual(rounded('errors'), [
      ['5m', 20],
      ['30m', 3.33],
      ['1h', 1.67],
      ['6h', 0.28],
      ['3d', 0.02],
    ]);
    assert.deepEqual(rounded('p99')[0], ['5m', 4.08]);
    assert.equal(ratesOf('errors')[0].all, 500);
  });

  const cases = [
    ['a fast burn that goes on is for now', (ago: number) => ago <= 50, minuteOf(100, { failed: 2 }), 'critical'],
    [
      'a fast burn that is over is none',
      (ago: number) => ago > 6 && ago <= 60,
      minuteOf(100, { failed: 2 }),
      undefined,
    ],
    ['one of six hours is for now', (ago: number) => ago <= 360, minuteOf(100, { failed: 1 }), 'critical'],
    ['a slow one is a ticket', (ago: number) => ago % 8 === 0, minuteOf(100, { failed: 1 }), 'warning'],
    ['one within its budget is none', (ago: number) => ago % 20 === 0, minuteOf(100, { failed: 1 }), undefined],
  ] as const;
  for (const [what, isBad, bad, severity] of cases) {
    it(what, () => {
      const { findings } = judgeSlo(
        objectives,
        days((ago) => (isBad(ago) ? bad : good)),
        END,
      );
      assert.equal(findings[0]?.severity, severity);
      assert.equal(findings.length, severity === undefined ? 0 : 1);
    });
  }

  it('of slow calls are told in words', () => {
    const { findings } = judgeSlo(
      objectives,
      days((ago) => (ago <= 60 ? minuteOf(100, { slow: 20 }) : good)),
      END,
    );
    const [{ sentence, what }] = findings;
    assert.equal(what, 'p99');
    assert.equal(
      sentence,
      '20 % of calls took longer than promised in the last 1h (99 % of calls within 50ms): its budget of 1 % goes 20 times too fast',
    );
  });

  it('say nothing where one of a few calls failed, which chance alone may do', () => {
    const few = days((ago) => (ago % 30 === 1 ? minuteOf(1, { failed: ago === 1 ? 1 : 0 }) : undefined));
    assert.deepEqual(judgeSlo(objectives, few, END).findings, []);
    assert.deepEqual(judgeSlo(objectives, [], END).findings, []);
  });

  it('take failures that are the caller’s for none', () => {
    const counting = startTraffic();
    for (let call = 0; call < 100; call++) counting.failed('TOO_MANY_ROWS');
    assert.deepEqual(
      judgeSlo(
        objectives,
        days(() => counting.counts()),
        END,
      ).findings,
      [],
    );
  });

  it('raise hardly an alarm where calls fail as often as they may', () => {
    const random = createRandom(7);
    const within = objectivesOf({ errors: 0.01 });
    let alarms = 0;
    const spans: DatedTraffic[] = [];
    for (let look = 0; look < 500; look++) {
      const failed = Array.from({ length: 40 }, () => random.uniform() < 0.01).filter(Boolean).length;
      spans.push({ at: new Date(END + look * 5 * MINUTE_MS).toISOString(), traffic: minuteOf(40, { failed }) });
      const { findings } = judgeSlo(within, spans.slice(-80), END + (look + 1) * 5 * MINUTE_MS);
      alarms += findings.length;
    }
    assert.ok(alarms <= 2, `${alarms} alarms`);
  });
});

describe('objectives', () => {
  it('may name times of two shares', () => {
    const found = objectivesOf({ latency: { p95: '20ms', p99: '1s' }, errors: 0.01 });
    assert.deepEqual(
      found.map(({ name, words }) => `${name}: ${words}`),
      ['errors: at most 1 % of calls fail', 'p95: 95 % of calls within 20ms', 'p99: 99 % of calls within 1s'],
    );
  });

  it('that nobody could keep or break are refused', () => {
    for (const errors of ['0 %', '100%', 'few', 1, 0]) {
      assert.throws(() => objectivesOf({ errors }), { code: 'BAD_PROJECT' });
    }
    assert.throws(() => objectivesOf({ latency: 'soon' }), { code: 'BAD_PROJECT' });
  });
});
