import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fields } from '../../../src/core/types.ts';
import { trainingBaseline } from '../../../src/monitor/drift/baseline.ts';
import { judgeWindow } from '../../../src/monitor/drift/judgement.ts';
import { startCounting } from '../../../src/monitor/profile/counting.ts';
import { startGathering } from '../../../src/monitor/profile/gathering.ts';
import { merge } from '../../../src/monitor/profile/profile.ts';
import { rareReader, writeRare } from '../../../src/monitor/profile/rare-labels.ts';
import { binsOf, referenceOf } from '../../../src/monitor/profile/reference.ts';

const fields: Fields = { zone: { kind: 'category' } };
/** 300 zones of which the later ones are rare and have long names. */
const nameOf = (zone: number): string => (zone < 150 ? `zone ${zone}` : `zone ${zone} ${'far '.repeat(zone % 90)}`);
const zones = Array.from({ length: 300 }, (_, zone) =>
  Array<string>(zone < 100 ? 50 : 1 + (zone % 4)).fill(nameOf(zone)),
).flat();
const known = referenceOf(fields, { zone: zones });
const bins = binsOf(fields, known, {});

test('labels are told from those that were never seen, whatever else they have in common', () => {
  const isRare = rareReader(writeRare(['a', 'b', 'ab', '']) ?? '');
  assert.deepEqual(['a', 'b', 'ab', '', 'ba', 'A', 'ā'].map(isRare), [true, true, true, true, false, false, false]);
  assert.equal(writeRare([]), undefined);
  assert.equal(writeRare(Array.from({ length: 5000 }, (_, at) => `${at}`)), undefined);
});

test('of more than a hundred labels it is counted which were never seen, by rows as by columns', () => {
  const zone = [nameOf(0), nameOf(299), nameOf(240), 'the moon', null, nameOf(170), 'mars'];
  const counting = startCounting(fields, bins);
  counting.add({ zone });
  const profile = counting.profile();
  assert.ok('unseen' in profile.zone && profile.zone.unseen === 2 && profile.zone.other === 5);
  const gathering = startGathering(fields, bins);
  for (const one of zone) gathering.addRow({ zone: one });
  assert.deepEqual(gathering.profile(0), profile);
  const both = merge(profile, profile);
  assert.ok('unseen' in both.zone && both.zone.unseen === 4);
  const { unseen: _, ...before } = profile.zone as typeof profile.zone & { readonly unseen: number };
  assert.ok(!('unseen' in merge(profile, { zone: before }).zone), 'profiles of before do not say');
});

test('new labels among hundreds raise an alarm, rare ones that were seen do not', () => {
  const baseline = trainingBaseline({ rows: zones.length, inputs: known, outputs: {} });
  const judged = (zone: readonly string[]) => {
    const counting = startCounting(fields, bins);
    counting.add({ zone });
    return judgeWindow(baseline, { rows: zone.length, inputs: counting.profile(), outputs: {} }, { alpha: 0.0027 });
  };
  assert.equal(judged(zones).state, 'steady');
  const renamed = zones.map((zone, at) => (at % 12 === 0 ? `new ${at}` : zone));
  const [zone] = judged(renamed).fields;
  assert.equal(zone.state, 'drift');
  assert.ok(zone.parts.some(({ what, p }) => what === 'unseen' && p < 1e-9));
});
