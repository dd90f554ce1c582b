/** Runs are judged in their reports as windows of the watch are: by the same rule, and of the same fields. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fields } from '../../../src/core/types.ts';
import { type JudgedRunOptions, judgeRun } from '../../../src/modes/batch/report/judge-run.ts';
import { startCounting } from '../../../src/monitor/profile/counting.ts';
import { binsOf, referenceOf } from '../../../src/monitor/profile/reference.ts';
import { createRandom } from '../../monitor/drift/random.ts';

const TRAINED = Date.parse('2019-03-01T00:00:00Z');
const LIVE = Date.parse('2026-11-01T00:00:00Z');
const inputs: Fields = { distance: { kind: 'number' }, pickup: { kind: 'datetime' } };
const outputs: Fields = { minutes: { kind: 'number' } };

/** Rides of a day: how far, when, and how long they took. */
const ridesOf = (seed: number, { rows, begin, longer }: { rows: number; begin: number; longer: number }) => {
  const random = createRandom(seed);
  const distance = Float64Array.from({ length: rows }, () => random.normal() + longer);
  const pickup = Array.from({ length: rows }, (_, row) => new Date(begin + row * 20_000).toISOString());
  return { inputs: { distance, pickup }, outputs: { minutes: distance.map((miles) => 2 * miles) } };
};

const trained = ridesOf(1, { rows: 4000, begin: TRAINED, longer: 0 });
const reference = {
  rows: 4000,
  inputs: referenceOf(inputs, trained.inputs),
  outputs: referenceOf(outputs, trained.outputs),
};
const bins = { inputs: binsOf(inputs, reference.inputs, {}), outputs: binsOf(outputs, reference.outputs, {}) };

const runOf = (seed: number, day: number, longer: number): JudgedRunOptions['summary'] => {
  const rides = ridesOf(seed, { rows: 1000, begin: LIVE + day * 86_400_000, longer });
  const [asked, answered] = [startCounting(inputs, bins.inputs), startCounting(outputs, bins.outputs)];
  asked.add(rides.inputs);
  answered.add(rides.outputs);
  return { rows_in: 1000, inputs: asked.profile(), outputs: answered.profile(), bins };
};

const judge = (longer: number, rule?: JudgedRunOptions['rule']) =>
  judgeRun({
    summary: runOf(3, 1, longer),
    before: runOf(2, 0, 0),
    run: {},
    reference,
    fields: { inputs, outputs },
    rule,
  });

test('a live model that takes a time is not called drifting because its rows are later than those of training', () => {
  const { judgement, sinceLast } = judge(0);
  assert.deepEqual([judgement?.state, sinceLast?.state], ['steady', 'steady']);
  assert.deepEqual(judgement?.fields.map(({ field }) => field).toSorted(), ['distance', 'minutes']);
});

test('a run is judged by what its deployment has said of false alarms and of what is worth one', () => {
  const { judgement } = judge(0.3);
  assert.equal(judgement?.state, 'drift');
  assert.ok(Math.abs((judgement?.alpha ?? 0) - 0.35 / 365.25) < 1e-9);
  const borne = judge(0.3, { falseAlarmsAYear: 12, leastEffect: 0.5 }).judgement;
  assert.equal(borne?.state, 'steady');
  assert.ok(Math.abs((borne?.alpha ?? 0) - (12 * 0.35) / 365.25) < 1e-9);
});
