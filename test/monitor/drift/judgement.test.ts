import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fields } from '../../../src/core/types.ts';
import { answeredBaseline, trainingBaseline } from '../../../src/monitor/drift/baseline.ts';
import { judgeWindow } from '../../../src/monitor/drift/judgement.ts';
import { sentenceOf } from '../../../src/monitor/drift/sentence.ts';
import { startCounting } from '../../../src/monitor/profile/counting.ts';
import { merge } from '../../../src/monitor/profile/profile.ts';
import { binsOf, type Reference, referenceOf } from '../../../src/monitor/profile/reference.ts';
import { createRandom } from './random.ts';

const inputs: Fields = {
  distance: { kind: 'number', unit: 'mile' },
  passengers: { kind: 'integer' },
  zone: { kind: 'category' },
};
const outputs: Fields = { minutes: { kind: 'number' } };
const DIGITS = 3;
const random = createRandom(11);

interface Weather {
  readonly longer?: number;
  readonly slower?: number;
  readonly missing?: number;
  readonly zones?: readonly string[];
}

const rides = (rows: number, { longer = 0, slower = 0, missing = 0, zones = ['A', 'B', 'C'] }: Weather = {}) => {
  const distance = Float64Array.from({ length: rows }, () => Math.exp(random.normal() + longer));
  return {
    inputs: {
      distance: distance.map((miles) => (random.uniform() < missing ? Number.NaN : miles)),
      passengers: Float64Array.from(distance, () => Math.ceil(random.uniform() ** 2 * 6)),
      zone: Array.from(distance, () => zones[Math.floor(random.uniform() ** 2 * zones.length)]),
    },
    outputs: { minutes: distance.map((miles) => 5 + 3 * miles ** 0.5 + random.normal() + slower) },
  };
};

const reference: Reference = (() => {
  const sample = rides(5000);
  const known = { inputs: referenceOf(inputs, sample.inputs), outputs: referenceOf(outputs, sample.outputs, DIGITS) };
  return { rows: 5000, ...known };
})();

const profiled = (rows: number, weather?: Weather) => {
  const columns = rides(rows, weather);
  const counted = (fields: Fields, side: 'inputs' | 'outputs') => {
    const counting = startCounting(fields, binsOf(fields, reference[side], {}));
    counting.add(columns[side]);
    return counting.profile();
  };
  return { rows, inputs: counted(inputs, 'inputs'), outputs: counted(outputs, 'outputs') };
};

const training = trainingBaseline(reference);
const budget = { alpha: 0.0027 };

test('rows like those of the training data are steady', () => {
  const judgement = judgeWindow(training, profiled(2000), budget);
  assert.equal(judgement.state, 'steady');
  assert.deepEqual(judgement.fields.map(({ field, is, words }) => [field, is, words]).at(0), ['minutes', 'output', '']);
  assert.equal(sentenceOf(judgement), 'steady, as the training data');
});

test('what moves is named with how far, while predictions are not affected', () => {
  const judgement = judgeWindow(training, profiled(3000, { missing: 0.1, zones: ['A', 'B', 'C', 'D'] }), budget);
  assert.equal(judgement.state, 'drift');
  const [minutes, ...others] = judgement.fields;
  assert.equal(minutes.state, 'steady');
  const words = Object.fromEntries(others.map((field) => [field.field, field.words]));
  assert.match(words.distance, /^missing in \d+(\.\d)? %, 0 % before$/);
  assert.match(words.zone, /^("D"|other labels) in |labels that were never seen/);
  assert.equal(words.passengers, '');
  const since = new Date('2026-11-24T08:00:00Z');
  const sentence = sentenceOf(judgement, { since, now: new Date('2026-11-27T12:00:00Z') });
  assert.match(sentence, / since Tuesday; predictions are not yet affected$/);
});

test('predictions come first', () => {
  const judgement = judgeWindow(training, profiled(3000, { longer: 0.4, slower: 2 }), budget);
  assert.deepEqual(
    judgement.fields.filter(({ state }) => state === 'drift').map(({ field }) => field),
    ['minutes', 'distance'],
  );
  assert.match(judgement.fields[0].words, /^\d(\.\d+)? sd higher$/);
  assert.match(sentenceOf(judgement), /^minutes is \d(\.\d+)? sd higher; distance is 0\.\d+ sd higher$/);
});

test('few rows are said to be few, whatever they look like', () => {
  const judgement = judgeWindow(training, profiled(199, { longer: 3 }), budget);
  assert.equal(judgement.state, 'few rows');
  assert.equal(sentenceOf(judgement), 'too few rows yet: 199 of 200');
  assert.ok(judgement.fields.every(({ state, words }) => state === 'few rows' && words === ''));
});

test('parts of a window merge to the judgement of the whole, to the last bit', () => {
  const parts = [profiled(400, { longer: 0.2 }), profiled(300), profiled(900, { slower: 1 })];
  const joined = (order: readonly number[]) =>
    order
      .map((at) => parts[at])
      .reduce((a, b) => ({
        rows: a.rows + b.rows,
        inputs: merge(a.inputs, b.inputs),
        outputs: merge(a.outputs, b.outputs),
      }));
  const judgement = judgeWindow(training, joined([0, 1, 2]), budget);
  for (const order of [
    [2, 1, 0],
    [1, 0, 2],
  ])
    assert.deepEqual(judgeWindow(training, joined(order), budget), judgement);
});

test('a window is compared with one that was answered before as two samples are', () => {
  const before = answeredBaseline('last Tuesday', profiled(3000, { longer: 0.5 }));
  const like = judgeWindow(before, profiled(3000, { longer: 0.5 }), budget);
  assert.equal(like.state, 'steady');
  assert.equal(sentenceOf(like), 'steady, as last Tuesday');
  const unlike = judgeWindow(before, profiled(3000), budget);
  assert.match(unlike.fields.find(({ field }) => field === 'distance')?.words ?? '', /sd lower$/);
});

test('what a profile counts on other bins, or a package of before does not say, is not judged', () => {
  const { zone, distance } = reference.inputs;
  assert.ok(distance.kind === 'number' && zone.kind === 'category');
  const { tied: _, ...untold } = distance;
  const { once: __, twice: ___, ...unsaid } = zone;
  const old = trainingBaseline({ rows: 5000, inputs: { distance: untold, zone: unsaid }, outputs: {} });
  const judgement = judgeWindow(old, profiled(2000, { longer: 0.5 }), budget);
  assert.equal(judgement.state, 'drift');
  const parts = judgement.fields.map(({ field, parts }) => [field, parts.map(({ what }) => what).toSorted()]);
  assert.deepEqual(Object.fromEntries(parts), { distance: ['missing', 'shape'], zone: ['labels', 'missing'] });
  const coarse = trainingBaseline({
    ...reference,
    inputs: { distance: { ...distance, counts: [2500, 2500] } },
    outputs: {},
  });
  assert.equal(judgeWindow(coarse, profiled(2000), budget).state, 'not compared');
});
