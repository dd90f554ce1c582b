import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { MillraceError } from '../../src/core/errors.ts';
import type { Manifest, OutputFields } from '../../src/core/types.ts';
import { readReference } from '../../src/monitor/profile/reference.ts';
import { startTruths } from '../../src/package/reference-truth.ts';
import { modelFolder, packed, yamlWith } from './model-folder.ts';

const manifestOf = (outputs: OutputFields): Manifest => ({
  name: 'churn',
  version: '1.0.0',
  runtime: 'onnx',
  inputs: { tenure: { kind: 'integer' } },
  outputs,
});
const probability = { kind: 'number', min: 0, max: 1 } as const;
const churn = manifestOf({ label: { kind: 'category', labels: ['No', 'Yes'] }, probability_Yes: probability });

const refused = (message: RegExp) => (error: unknown) =>
  error instanceof MillraceError && error.code === 'BAD_REFERENCE' && message.test(error.message);

describe('the truth in a reference', () => {
  test('of a label is that of its probability too, and makes a calibration map of fifty bins', () => {
    const truths = startTruths(churn, 'churned', 'reference.csv');
    const scores = [0.019, 0.02, 0.5, 0.9, 1, Number.NaN];
    truths.add({ churned: ['No', 'Yes', null, 'Yes', 'Yes', 'No'] }, false, {
      label: ['No', 'No', 'Yes', 'Yes', 'Yes', null as never],
      probability_Yes: Float64Array.from(scores),
    });
    truths.add({ churned: ['', 'No'] }, true, { label: ['No', 'No'], probability_Yes: Float64Array.of(0.3, 0.3) });
    const { label, probability_Yes: score } = truths.result();
    assert.deepEqual(label, { column: 'churned', rows: 5, figures: { accuracy: 0.8 } });
    assert.equal(score.rows, 5);
    const { calibration } = score;
    assert.equal(calibration?.label, 'Yes');
    const filled = calibration?.counts.flatMap((count, bin) =>
      count > 0 ? [[bin, count, calibration.positives[bin]]] : [],
    );
    assert.deepEqual(filled, [
      [0, 1, 0],
      [1, 1, 1],
      [15, 1, 0],
      [45, 1, 1],
      [49, 1, 1],
    ]);
    const brier = (0.019 ** 2 + 0.98 ** 2 + 0.1 ** 2 + 0 + 0.3 ** 2) / 5;
    assert.equal(score.figures.brier, Number(brier.toPrecision(4)));
  });

  test('of a probability alone may be told in many words', () => {
    const truths = startTruths(manifestOf({ risk: probability }), 'happened', 'reference.csv');
    const risk = Float64Array.of(0.11, 0.11, 0.11, 0.11, 0.11);
    truths.add({ happened: ['yes', '1', '0', 'false', 'true'] }, true, { risk });
    const { calibration } = truths.result().risk;
    assert.deepEqual([calibration?.counts[5], calibration?.positives[5]], [5, 3]);
  });

  test('of a label that a table has as a number is that number', () => {
    const manifest = manifestOf({ digit: { kind: 'category', labels: ['0', '1', '2'] } });
    const truths = startTruths(manifest, { digit: 'real' }, 'reference.parquet');
    truths.add({ real: Float64Array.of(0, 1, 2, Number.NaN) }, false, { digit: ['0', '2', '2', '1'] });
    assert.deepEqual(truths.result().digit, { column: 'real', rows: 3, figures: { accuracy: 0.6667 } });
  });

  test('is refused where nobody can know of what it is the truth, and where it is not there', () => {
    const two = manifestOf({ fare: { kind: 'number' }, tip: { kind: 'number' } });
    assert.throws(() => startTruths(two, 'paid', 'r.csv'), refused(/r\.csv: paid may be the truth of several outputs/));
    assert.throws(() => startTruths(two, { fair: 'paid' }, 'r.csv'), refused(/truth names fair/));
    const truths = startTruths(two, { tip: 'paid' }, 'r.csv');
    const answers = { fare: Float64Array.of(1), tip: Float64Array.of(2) };
    assert.throws(() => truths.add({ other: [1] }, true, answers), refused(/r\.csv has no column paid/));
  });

  test('travels with the package, the same from every packing', async (t) => {
    const rows = Array.from(
      { length: 40 },
      (_, at) => `${at},2024-03-01T08:30:00Z,cash,${2 * at + (at % 2 ? 1 : -0.5)}`,
    );
    const reference = ['distance,pickup,payment,taken', ...rows].join('\n');
    const key = 'reference: { file: reference.csv, truth: { distance_twice: taken } }';
    const pack = async () => {
      const folder = modelFolder(t, yamlWith('reference: reference.csv', key));
      writeFileSync(join(folder, 'reference.csv'), reference);
      return (await packed(folder)).package;
    };
    const [first, second] = [await pack(), await pack()];
    assert.equal(first.digest, second.digest);
    const found = readReference(first.files.get('profile.json'));
    assert.deepEqual(found?.truth, {
      distance_twice: { column: 'taken', rows: 40, figures: { mae: 0.75, rmse: 0.7906, bias: -0.25 } },
    });
    assert.equal(found?.outputs.distance_twice.count, 40);
  });
});
