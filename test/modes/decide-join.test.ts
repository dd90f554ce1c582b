import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { StreamEvent } from '../../src/brokers/broker.ts';
import { MillraceError } from '../../src/core/errors.ts';
import { decisionId } from '../../src/modes/decide/decision.ts';
import { prepareDecide } from '../../src/modes/decide/deployment.ts';
import { type Folded, fold } from '../../src/modes/decide/fold.ts';
import { type InboxRecord, writeRecord } from '../../src/modes/decide/inbox-record.ts';
import type { Held } from '../../src/modes/decide/join.ts';
import type { DecideSettings } from '../../src/project/deployments/decide.ts';

const settings: DecideSettings = {
  mode: 'decide',
  from: { ride: 'rides', fare: 'fares', tip: { topic: 'tips', optional: true } },
  within: '10s',
  keep: '1m',
  rules: [
    { name: 'dear', if: 'fare.prediction.fare > ride.limit', with: { over: 'fare.prediction.fare - ride.limit' } },
    { name: 'tipped', if: 'has(tip.prediction) && tip.prediction.tip > 5' },
  ],
  otherwise: 'fine',
  to: 'decisions',
};
const offers = (more: Partial<DecideSettings> = {}) => prepareDecide('offers', { ...settings, ...more });

type Line = readonly [at: number, key: string, record: InboxRecord];

const part = (name: string, data: unknown, id = `${name}/1`): InboxRecord => ({ part: name, id, data });
const ride = (limit: number, id?: string) => part('ride', { limit }, id);
const fare = (dollars: number, id?: string) =>
  part('fare', { model: 'fare', version: '1.0.0', digest: 'sha256:1', prediction: { fare: dollars } }, id);
const tip = (dollars: number) => part('tip', { prediction: { tip: dollars } });
const close = (opened: string): InboxRecord => ({ close: opened });

/** Records as they would lie in the inbox, at seconds. */
const inbox = (lines: readonly Line[]): StreamEvent[] =>
  lines.map(([seconds, key, record], offset) => {
    const { value } = writeRecord('offers.inbox', Buffer.from(key), record);
    return {
      topic: 'offers.inbox',
      partition: 0,
      offset,
      at: seconds * 1000,
      key: Buffer.from(key),
      value,
      headers: [],
    };
  });

/** Folds in portions, each with what is known from those before. */
const foldAll = (lines: readonly Line[], deployment = offers(), portions: readonly number[] = []) => {
  const known = new Map<string, Held | undefined>();
  const folded: Folded[] = [];
  const events = inbox(lines);
  const ends = [...portions.filter((end) => end < events.length).toSorted((a, b) => a - b), events.length];
  let from = 0;
  for (const end of ends) {
    const one = fold(events.slice(from, end), deployment, (key) => known.get(key));
    for (const [key, held] of one.keys) known.set(key, held);
    folded.push(one);
    from = end;
  }
  return { known, decisions: folded.flatMap(({ decisions }) => decisions.map(({ decision }) => decision)), folded };
};

const decided = (lines: readonly Line[], deployment = offers()) =>
  foldAll(lines, deployment).decisions.map(({ key, decision, because }) => [key, decision, because]);

describe('a decision', () => {
  it('is made as soon as all parts that are waited for are there, in any order', () => {
    assert.deepEqual(
      decided([
        [0, 'a', ride(10)],
        [1, 'b', fare(7)],
        [2, 'a', fare(12)],
        [3, 'b', ride(10)],
      ]),
      [
        ['a', 'dear', 'complete'],
        ['b', 'fine', 'complete'],
      ],
    );
  });

  it('carries what its rule says, what the models said, and what was missing', () => {
    const [decision] = foldAll([
      [0, 'a', ride(10, 'rides/0/7')],
      [0, 'a', fare(12.5)],
    ]).decisions;
    assert.deepEqual(decision, {
      key: 'a',
      deployment: 'offers',
      decision: 'dear',
      with: { over: 2.5 },
      because: 'complete',
      missing: ['tip'],
      parts: {
        ride: { id: 'rides/0/7' },
        fare: { id: 'fare/1', model: 'fare', version: '1.0.0', digest: 'sha256:1', prediction: { fare: 12.5 } },
      },
    });
  });

  it('looks at an optional part that came before', () => {
    assert.deepEqual(
      decided([
        [0, 'a', tip(6)],
        [1, 'a', ride(10)],
        [2, 'a', fare(1)],
      ]),
      [['a', 'tipped', 'complete']],
    );
  });

  it('takes the last of several events for one part', () => {
    assert.deepEqual(
      decided([
        [0, 'a', fare(99)],
        [1, 'a', fare(1)],
        [2, 'a', ride(10)],
      ]),
      [['a', 'fine', 'complete']],
    );
  });

  it('is made at the deadline on what has come, or not at all', () => {
    const late: Line[] = [
      [0, 'a', fare(99)],
      [10, 'a', close('fare/1')],
      [11, 'a', ride(1)],
    ];
    const rules = [{ name: 'dear', if: '!("ride" in came) || fare.prediction.fare > ride.limit' }];
    assert.deepEqual(decided(late, offers({ rules })), [['a', 'dear', 'deadline']]);
    assert.deepEqual(decided(late, offers({ rules, late: 'drop' })), []);
  });

  it('is made once, whatever comes after it', () => {
    const lines: Line[] = [
      [0, 'a', ride(10)],
      [1, 'a', fare(12)],
      [2, 'a', fare(12)],
      [3, 'a', close('ride/1')],
      [4, 'a', ride(1)],
      [60, 'a', fare(1)],
    ];
    const { decisions, folded } = foldAll(lines);
    assert.equal(decisions.length, 1);
    assert.equal(folded[0].outcomes.get('late'), 3);
    assert.equal(folded[0].outcomes.get('stale'), 1);
  });

  it('may be made again once the first one is forgotten, under another id', () => {
    const lines: Line[] = [
      [0, 'a', ride(10, 'rides/0/0')],
      [1, 'a', fare(12)],
      [61.001, 'a', ride(10, 'rides/0/1')],
      [62, 'a', fare(12)],
    ];
    const ids = foldAll(lines).folded[0].events.map(({ value }) => JSON.parse(Buffer.from(value ?? []).toString()).id);
    assert.deepEqual(ids, [decisionId('offers', 'a', 'rides/0/0'), decisionId('offers', 'a', 'rides/0/1')]);
  });

  it('is not made by a deadline that was meant for an earlier turn of the key', () => {
    const lines: Line[] = [
      [0, 'a', fare(1, 'old')],
      [10, 'a', close('old')],
      [71, 'a', fare(2, 'new')],
      [72, 'a', close('old')],
    ];
    assert.deepEqual(decided(lines), [['a', 'fine', 'deadline']]);
  });

  it('does not follow from a rule that needs a part which has not come', () => {
    const lines: Line[] = [
      [0, 'a', fare(99)],
      [10, 'a', close('fare/1')],
    ];
    assert.deepEqual(decided(lines), [['a', 'fine', 'deadline']]);
    const rules = [
      { name: 'dear', if: 'fare.prediction.fare > 50', with: { limit: 'ride.limit', fare: 'fare.model' } },
    ];
    assert.deepEqual(foldAll(lines, offers({ rules })).decisions[0].with, { limit: null, fare: 'fare' });
  });

  it('that cannot be made waits as a dead letter for a part, or to be tried again', () => {
    const rules = [{ name: 'dear', if: 'fare.prediction.fare > ride.limit' }];
    const broken: Line[] = [
      [0, 'a', ride(10)],
      [1, 'a', part('fare', { prediction: null })],
    ];
    const { decisions, folded, known } = foldAll(broken, offers({ rules }));
    assert.equal(decisions.length, 0);
    assert.deepEqual([...folded[0].dead], [['CONDITION_FAILED', 1]]);
    const [letter] = folded[0].events;
    assert.equal(letter.topic, 'offers.dead-letters');
    const record = JSON.parse(Buffer.from(letter.value ?? []).toString());
    assert.equal(record.close, 'ride/1');
    assert.equal(known.get('a')?.deadline, undefined);
    assert.deepEqual(decided([...broken, [2, 'a', fare(12)]], offers({ rules })), [['a', 'dear', 'complete']]);
    assert.deepEqual(
      decided([...broken, [2, 'a', record]], offers({ rules: [{ name: 'odd', if: 'fare.prediction == null' }] })),
      [['a', 'odd', 'complete']],
    );
  });

  it('without a rule that holds is none, and that is final', () => {
    const rules = [{ name: 'never', if: 'false' }];
    const { folded, decisions } = foldAll(
      [
        [0, 'a', ride(1)],
        [1, 'a', fare(2)],
        [2, 'a', fare(3)],
      ],
      {
        ...offers({ rules }),
        otherwise: undefined,
      },
    );
    assert.deepEqual([decisions.length, folded[0].undecided, folded[0].outcomes.get('late')], [0, 1, 1]);
  });

  const keys = fc.constantFrom('a', 'b', 'c');
  const records = fc.oneof(
    fc.integer({ min: 0, max: 20 }).map((limit) => ride(limit)),
    fc.integer({ min: 0, max: 20 }).map((dollars) => fare(dollars)),
    fc.integer({ min: 0, max: 20 }).map((dollars) => tip(dollars)),
    fc.constantFrom(close('ride/1'), close('fare/1'), close('tip/1')),
  );
  const histories = fc
    .array(fc.tuple(fc.integer({ min: 0, max: 500 }), keys, records), { maxLength: 60 })
    .map((lines) => lines.toSorted(([a], [b]) => a - b).map(([at, key, record]): Line => [at / 10, key, record]));

  it('is the same however the records are portioned', () => {
    fc.assert(
      fc.property(histories, fc.array(fc.integer({ min: 1, max: 59 }), { maxLength: 8 }), (lines, portions) => {
        const whole = foldAll(lines);
        const portioned = foldAll(lines, offers(), portions);
        assert.deepEqual(portioned.decisions, whole.decisions);
        assert.deepEqual(portioned.known, whole.known);
      }),
    );
  });

  it('is made at most once in the time that it is remembered', () => {
    fc.assert(
      fc.property(histories, (lines) => {
        const { decisions } = foldAll(lines);
        assert.equal(new Set(decisions.map(({ key }) => key)).size, decisions.length);
      }),
    );
  });
});

describe('the settings of a decide deployment', () => {
  const refused = (more: Partial<DecideSettings>): string => {
    try {
      offers(more);
    } catch (error) {
      assert.ok(error instanceof MillraceError);
      assert.equal(error.code, 'BAD_PROJECT');
      return `${error.problem.field}: ${error.message}`;
    }
    return assert.fail('was not refused');
  };

  it('name what is wrong before anything runs', () => {
    const rule = (text: string) => [{ name: 'r', if: text }];
    assert.match(refused({ rules: rule('fare >') }), /^deployments\.offers\.rules\[0\]\.if: .*not a valid expression/);
    assert.match(refused({ rules: rule('fair.prediction > 1') }), /Unknown variable: fair/);
    assert.match(refused({ rules: [{ name: 'r', if: 'true', with: { x: 'nix' } }] }), /rules\[0\]\.with\.x: .*nix/);
    assert.match(refused({ from: { key: 'rides' } }), /from\.key: .*reserved/);
    assert.match(refused({ from: { __proto__x: { topic: 'a', optional: true } } }), /waits for nothing/);
    assert.match(refused({ from: { ride: { topic: 'a', when: 'data.x ==' } } }), /from\.ride\.when/);
    assert.match(refused({ from: { ride: { topic: 'a', key: '$..x' } } }), /from\.ride\.key/);
    assert.match(refused({ to: 'fares' }), /read its own decisions/);
    const { to: _, ...nowhere } = settings;
    assert.throws(() => prepareDecide('offers', nowhere), /tells its decisions to nobody/);
  });
});
