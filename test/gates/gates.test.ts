import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { fail } from '../../src/core/errors.ts';
import { approvals } from '../../src/gates/approvals.ts';
import { evaluation } from '../../src/gates/evaluation.ts';
import { examples } from '../../src/gates/examples.ts';
import { from } from '../../src/gates/from.ts';
import { judgeLatency, latency } from '../../src/gates/latency.ts';
import { replay } from '../../src/gates/replay.ts';
import { shadow } from '../../src/gates/shadow.ts';
import { signature } from '../../src/gates/signature.ts';
import { signed } from '../../src/gates/signed.ts';
import type { gates } from '../../src/gates/table.ts';
import type { FinishedComparison } from '../../src/registry/types.ts';
import type { ComparisonOutcome } from '../../src/registry/verdict.ts';
import { type GateCases, gateContract } from '../contracts/gates.ts';
import { createRandom } from '../monitor/drift/random.ts';
import { askOf } from './gate-world.ts';

const folder = await mkdtemp(join(tmpdir(), 'millrace-gates-'));
after(() => rm(folder, { recursive: true, force: true }));

/** Rides that take twice their distance, but for some noise. */
const random = createRandom(7);
const held = (rows: number): string =>
  Array.from({ length: rows }, (_, at) => {
    const distance = (at % 23) + 0.5;
    return `${distance},north,${2 * distance + random.normal()}`;
  }).join('\n');
writeFileSync(join(folder, 'held.csv'), `distance,zone,took\n${held(400)}\n`);
writeFileSync(join(folder, 'few.csv'), `distance,zone,took\n${held(12)}\n`);

const table = { in: 'held.csv', truth: 'took' };
const compared = (outcome: ComparisonOutcome, against = '1.0.0'): FinishedComparison => ({
  comparison: 'canary of week 47',
  name: 'ride',
  version: '1.1.0',
  against,
  verdicts: (['better', outcome] as const).map((one, at) => ({
    asked: 'comparison',
    about: ['errors', 'slow'][at],
    outcome: one,
    sentence: `${one} by 0.2 %`,
    numbers: { log_e: 1.5 },
    at: '2026-11-01T10:00:00.000Z',
  })),
});
const timed = (rows: number, longer: number) =>
  Array.from({ length: rows }, (_, at) => ({ before: 10 + (at % 20) / 10, now: 10 + (at % 20) / 10 + longer }));

const cases: Readonly<Record<keyof typeof gates, GateCases>> = {
  from: {
    pass: () => askOf(from, { environment: 'staging' }, { staging: '1.1.0' }),
    fail: () => askOf(from, { environment: 'staging' }, { staging: '1.0.0' }),
    lacking: 'it knows where an environment points',
  },
  signed: {
    pass: () => askOf(signed, {}, {}, { signed: ['ada'] }),
    fail: () => askOf(signed, { by: ['bob'] }, {}, { signed: ['ada'], trusted: ['ada', 'bob'] }),
    lacking: 'a signature that is not there is missing',
  },
  examples: {
    pass: () => askOf(examples, {}),
    fail: () => askOf(examples, {}, {}, { flaw: fail('EXAMPLE_OFF', 'example 0: minutes: expected 8, got 12') }),
    lacking: () => askOf(examples, {}, {}, { examples: 0 }),
  },
  signature: {
    pass: () => askOf(signature, {}),
    fail: () => askOf(signature, {}, {}, { manifest: { inputs: {}, extraFields: 'reject' } }),
    lacking: 'both signatures are there',
  },
  latency: {
    pass: async () => judgeLatency(timed(200, 0.3), 0.2, '1.0.0'),
    fail: async () => judgeLatency(timed(200, 4), 0.2, '1.0.0'),
    lacking: () => askOf(latency, {}, { rows: 99 }),
  },
  evaluation: {
    pass: () => askOf(evaluation, table, { folder }),
    fail: () => askOf(evaluation, table, { folder }, { answer: (distance) => 3 * distance }),
    lacking: () =>
      askOf(evaluation, { ...table, in: 'few.csv' }, { folder }, { answer: (distance) => 2.01 * distance }),
  },
  replay: {
    pass: () => askOf(replay, {}, { rows: 60 }, { answer: (distance) => 2.1 * distance }),
    fail: () => askOf(replay, {}, { rows: 60 }, { answer: (distance) => (distance > 9 ? undefined : distance) }),
    lacking: () => askOf(replay, {}, { rows: 19 }),
  },
  shadow: {
    pass: () => askOf(shadow, {}, { comparisons: [compared('better')] }),
    fail: () => askOf(shadow, {}, { comparisons: [compared('worse'), compared('better')] }),
    lacking: () => askOf(shadow, {}, { comparisons: [compared('better', '0.9.0')] }),
  },
  approvals: {
    pass: () => askOf(approvals, { needed: 2 }, { approvedBy: ['bob', 'eve'] }),
    fail: 'an approval that has not come is missing',
    lacking: () => askOf(approvals, { needed: 2 }, { approvedBy: ['bob', 'bob', 'ada'] }),
  },
};

for (const [name, own] of Object.entries(cases)) gateContract(name, own);

it('gates that compare let a first version in, and say that there is nothing to compare it with', async () => {
  for (const answer of [
    await askOf(signature, {}, {}, {}, null),
    await askOf(latency, {}, {}, {}, null),
    await askOf(replay, {}, {}, {}, null),
    await askOf(shadow, {}, {}, {}, null),
    await askOf(evaluation, table, { folder }, {}, null),
  ]) {
    assert.equal(answer.outcome, 'pass');
    assert.match(answer.sentence, /that it could be worse than/);
  }
});

it('the gate shadow lacks data while a metric does, whatever the others say', async () => {
  const answer = await askOf(shadow, {}, { comparisons: [compared('not enough data')] });
  assert.equal(answer.outcome, 'not enough data');
});

it('the gate latency lacks data where the difference may be either, and half a millisecond is never too much', () => {
  const wide = Array.from({ length: 100 }, (_, at) => ({ before: 10, now: at % 20 === 0 ? 20 : 10 }));
  assert.equal(judgeLatency(wide, 0.2, '1.0.0').outcome, 'not enough data');
  const quick = timed(200, 0).map(() => ({ before: 0.05, now: 0.4 }));
  assert.equal(judgeLatency(quick, 0.2, '1.0.0').outcome, 'pass');
});

it('the gate latency times every recorded row in both', async () => {
  const { numbers } = await askOf(latency, {}, { rows: 120 });
  assert.equal(numbers.rows, 120);
});

it('the gate evaluation keeps out what refuses rows that are answered today, however right the rest is', async () => {
  const answer = await askOf(
    evaluation,
    table,
    { folder },
    { answer: (distance) => (distance > 20 ? undefined : 2 * distance) },
  );
  assert.equal(answer.outcome, 'fail');
  assert.match(answer.sentence, /refuses 51 more of 400 rows/);
});

it('the gate evaluation is not passed by a figure that the model does not have', async () => {
  const answer = await askOf(evaluation, { ...table, metric: 'auc' }, { folder });
  assert.equal(answer.outcome, 'not enough data');
  assert.match(answer.sentence, /minutes has no auc; it has mae/);
});

it('the gate replay tells differences by field and by slice, and keeps out more than may change', async () => {
  const night = { answer: (distance: number) => (distance > 9 ? 2 * distance + 5 : 2 * distance) };
  const told = await askOf(replay, {}, { rows: 170 }, night);
  assert.match(told.sentence, /80 of 170 rows \(47\.06 %\) are answered otherwise: minutes \+2\.353 on average/);
  const { fields, parts } = told.numbers as { fields: { changed: number }[]; parts: { by: string; rows: number }[] };
  assert.equal(fields[0].changed, 80);
  assert.deepEqual([...new Set(parts.map(({ by }) => by))], ['zone']);
  assert.equal(
    parts.reduce((rows, part) => rows + part.rows, 0),
    170,
  );
  assert.equal((await askOf(replay, { changed: 0.4 }, { rows: 170 }, night)).outcome, 'fail');
  assert.equal((await askOf(replay, { changed: 0.5 }, { rows: 170 }, night)).outcome, 'pass');
});
