import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseSteps, stepName } from '../../../src/serving/rollouts/steps.ts';
import { parseUnit, unitOf, unitOfRequest } from '../../../src/serving/rollouts/unit.ts';
import { CANDIDATE, STABLE, variantOf } from '../../../src/serving/route.ts';

const steps = (text: string) => parseSteps(text, 'USAGE');

describe('steps of a rollout', () => {
  it('are read as people write them', () => {
    const expected = [
      { share: 0, rows: 1000 },
      { share: 0.05, rows: 500 },
      { share: 0.25, rows: 2000 },
      { share: 1, rows: 500 },
    ];
    assert.deepEqual(steps('shadow 1000 rows, 5 %, 25% 2000 rows, 100 %'), expected);
    assert.deepEqual(steps('shadow → 5 % → 25 %  2000 rows → 100%'), expected);
    assert.deepEqual(steps(expected.map(stepName).join(', ')), expected);
  });

  for (const [text, message] of [
    ['', /no step/],
    ['5', /no step/],
    ['5 %, 5 %', /only grow/],
    ['25 %, 5 %', /only grow/],
    ['5 %, shadow', /only grow/],
    ['0 %', /from 0.01 %/],
    ['101 %', /from 0.01 %/],
    ['5 % 0 rows', /1 to/],
    [Array.from({ length: 21 }, (_, at) => `${at + 1} %`).join(', '), /at most 20/],
  ] as const) {
    it(`refuse ${JSON.stringify(text.slice(0, 30))}`, () => {
      assert.throws(() => steps(text), { message, code: 'USAGE' });
    });
  }
});

describe('the range of a candidate', () => {
  it('grows and gives nobody back', () => {
    for (let bucket = 0; bucket < 10_000; bucket++) {
      const variants = [0, 0.0001, 0.05, 0.25, 1].map((share) => variantOf(bucket, share));
      const first = variants.indexOf(CANDIDATE);
      assert.notEqual(first, 0);
      assert.ok(variants.slice(first).every((variant) => variant === CANDIDATE));
    }
    assert.equal(variantOf(499, 0.05), CANDIDATE);
    assert.equal(variantOf(500, 0.05), STABLE);
  });
});

describe('the unit of a row', () => {
  it('is told by a field, a header or a cookie', () => {
    assert.deepEqual(parseUnit('field:rider', 'USAGE'), { from: 'field', name: 'rider' });
    const header = parseUnit('header:X-User', 'USAGE');
    assert.equal(unitOfRequest(header, { 'x-user': 'ada' }), 'ada');
    const cookie = parseUnit('cookie:sid', 'USAGE');
    assert.equal(unitOfRequest(cookie, { cookie: 'a=b; sid=17; c=d' }), '17');
    assert.equal(unitOfRequest(cookie, { cookie: 'asid=17' }), undefined);
    assert.equal(unitOfRequest(header, {}), undefined);
    for (const bad of ['rider', 'field:', 'query:x', ':']) {
      assert.throws(() => parseUnit(bad, 'USAGE'), { code: 'USAGE' });
    }
  });

  it('is the same for a number in JSON and in CSV, and none for what is no name', () => {
    assert.equal(unitOf(17), unitOf('17'));
    for (const none of [null, undefined, {}, [1]]) assert.equal(unitOf(none), undefined);
  });
});
