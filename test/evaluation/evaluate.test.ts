import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MetricFigures, TargetEvaluation } from '../../src/evaluation/evaluation.ts';
import { seeded } from '../../src/monitor/statistics/random.ts';
import { oracles, same } from '../monitor/performance/figures.ts';
import { appIn, passingModel, writeTable } from './tables.ts';

const { regression, binary, multiclass } = oracles;

const metric = ({ metrics }: TargetEvaluation, name: string): MetricFigures => {
  const found = metrics.find((one) => one.name === name);
  assert.ok(found, `no metric is called ${name}`);
  return found;
};

const number = { kind: 'kind: number' };
const minutes = {
  name: 'ride',
  inputs: { guess: number.kind },
  outputs: { minutes: 'kind: number, unit: minute, from: y, at: 0' },
};

describe('an evaluation of numbers', () => {
  const rows = regression.truth.map((truth, at) => ({
    // What float32 holds, so that the answer is the guess.
    guess: Math.fround(regression.predicted[at] - 10_000),
    truth: truth - 10_000,
    borough: at % 4 === 0 ? 'Queens' : 'Manhattan',
  }));

  test('gives the figures of the answers, and an interval around each', async (t) => {
    const { app, folder } = appIn(t);
    const { targets, ...found } = await app.evaluate([passingModel(folder, minutes)], {
      input: writeTable(folder, 'held-out.csv', rows),
      truth: 'truth',
      quantile: 0.9,
    });
    const [target] = targets;
    assert.deepEqual(
      [found.rows, found.unreadable, target.rows, target.unit, target.output],
      [200, {}, 200, 'minute', 'minutes'],
    );
    for (const name of ['mae', 'rmse', 'bias', 'r2'] as const) {
      const { versions } = metric(target, name);
      same(versions[0].value, regression[name], name, 1e-5);
      const { low = 0, high = 0 } = versions[0].interval ?? {};
      assert.ok(low < versions[0].value && versions[0].value < high, name);
    }
    same(metric(target, 'quantile_loss').versions[0].value, regression.pinball_90, 'quantile loss', 1e-5);
  });

  test('by slice says which is worse than the rest, and is the same again', async (t) => {
    const { app, folder } = appIn(t);
    const skewed = rows.map((row) => ({ ...row, guess: row.borough === 'Queens' ? row.guess + 9 : row.guess }));
    const model = passingModel(folder, minutes);
    const input = writeTable(folder, 'held-out.csv', skewed);
    const once = await app.evaluate([model], { input, truth: 'truth', by: ['borough', 'guess'] });
    const [{ slices }] = once.targets;
    assert.deepEqual(
      [slices[0].by, slices[0].value, slices[0].rows, slices[0].isWorse],
      ['borough', 'Queens', 50, true],
    );
    assert.equal(slices.find(({ value }) => value === 'Manhattan')?.isWorse, false);
    const bands = slices.filter(({ by }) => by === 'guess');
    assert.deepEqual(
      bands.map((one) => one.rows),
      [50, 50, 50, 50],
    );
    assert.deepEqual(await app.evaluate([model], { input, truth: 'truth', by: ['borough', 'guess'] }), once);
  });

  test('of two versions pairs their answers: a small gain shows that two evaluations apart would not tell', async (t) => {
    const { app, folder } = appIn(t);
    const random = seeded(11);
    const many = Array.from({ length: 400 }, () => {
      const off = 10 * (random() - 0.5);
      return { guess: 100 + off * 1.1, other: 100 + off, truth: 100 };
    });
    const inputs = { guess: number.kind, other: number.kind };
    const first = passingModel(folder, { ...minutes, inputs });
    const second = passingModel(folder, {
      name: 'ride',
      version: '2.0.0',
      inputs,
      outputs: { minutes: 'kind: number, from: y, at: 1' },
    });
    const input = writeTable(folder, 'held-out.csv', many);
    const [target] = (await app.evaluate([first, second], { input, truth: 'truth' })).targets;
    const mae = metric(target, 'mae');
    const [one, other] = mae.versions.map(({ interval }) => interval);
    assert.ok(one && other && one.low < other.high, 'apart, the intervals meet');
    assert.equal(mae.outcome, 'better');
    assert.ok((mae.difference?.interval?.high ?? 0) < 0);
    assert.equal(metric(target, 'rmse').outcome, 'better');
    const [backwards] = (await app.evaluate([second, first], { input, truth: 'truth' })).targets;
    assert.equal(metric(backwards, 'mae').outcome, 'worse');
    const [alike] = (await app.evaluate([first, first], { input, truth: 'truth' })).targets;
    for (const { outcome, name } of alike.metrics) if (name !== 'bias') assert.equal(outcome, 'not enough data', name);
  });
});

describe('an evaluation of labels', () => {
  const label = 'kind: boolean, from: y, at: 0';
  const chance = 'kind: number, min: 0, max: 1, from: y, at: 1';
  const rows = binary.truth.map((truth, at) => ({
    call: binary.score[at] >= 0.5 ? 1 : 0,
    score: binary.score[at],
    truth: truth === 1 ? 'Yes' : 'No',
  }));
  const churn = {
    name: 'churn',
    inputs: { call: number.kind, score: number.kind },
    outputs: { leaves: label, chance },
  };

  test("and their probabilities gives scikit-learn's figures, with ROC, calibration and confusion", async (t) => {
    const { app, folder } = appIn(t);
    const input = writeTable(folder, 'held-out.csv', rows);
    const [target] = (await app.evaluate([passingModel(folder, churn)], { input, truth: 'truth' })).targets;
    for (const name of ['accuracy', 'precision', 'recall', 'f1', 'auc', 'log_loss', 'brier'] as const)
      same(metric(target, name).versions[0].value, binary[name], name, 1e-6);
    assert.equal(metric(target, 'auc').versions[0].interval?.method, 'bootstrap');
    const [{ confusion, calibration, roc }] = target.plots;
    assert.deepEqual(confusion, { labels: ['false', 'true'], counts: binary.confusion });
    assert.equal(calibration?.length, 10);
    assert.deepEqual(roc?.at(-1)?.found, 1);
  });

  test('of a model that tells a probability alone judges it at a half, by any word for true', async (t) => {
    const { app, folder } = appIn(t);
    const model = passingModel(folder, { ...churn, outputs: { chance } });
    const words = rows.map((row) => ({ ...row, truth: row.truth === 'Yes' ? 'gone' : 'here' }));
    const input = writeTable(folder, 'held-out.csv', words);
    const [target] = (await app.evaluate([model], { input, truth: 'truth', positive: 'gone' })).targets;
    same(metric(target, 'accuracy').versions[0].value, binary.accuracy, 'accuracy', 1e-9);
    await assert.rejects(app.evaluate([model], { input, truth: 'truth' }), {
      code: 'BAD_FILE',
      message: /No row of .* can be judged: 301 rows, WRONG_TYPE 301 times in truth/,
    });
  });

  test('of a class that is a number and one probability, which is of 1', async (t) => {
    const { app, folder } = appIn(t);
    const model = passingModel(folder, { ...churn, outputs: { class: 'kind: integer, from: y, at: 0', chance } });
    const input = writeTable(
      folder,
      'held-out.csv',
      rows.map((row, at) => ({ ...row, truth: `${binary.truth[at]}.0` })),
    );
    const [target] = (await app.evaluate([model], { input, truth: 'truth' })).targets;
    assert.equal(target.positive, '1');
    for (const name of ['recall', 'auc', 'log_loss'] as const)
      same(metric(target, name).versions[0].value, binary[name], name, 1e-6);
  });

  test("of several classes gives scikit-learn's figures, AUC of each against the rest", async (t) => {
    const { app, folder } = appIn(t);
    const names = ['a', 'b', 'c', 'd'];
    const inputs = Object.fromEntries(['label', ...names].map((name) => [name, number.kind]));
    const outputs = Object.fromEntries(
      names.map((name, at) => [`probability_${name}`, `kind: number, from: y, at: ${at + 1}`]),
    );
    const species = {
      name: 'species',
      inputs,
      outputs: { species: 'kind: category, labels: [a, b, c, d], from: y, at: 0', ...outputs },
    };
    const table = multiclass.truth.map((truth, at) => ({
      label: multiclass.label[at],
      ...Object.fromEntries(names.map((name, place) => [name, multiclass.probabilities[at][place]])),
      truth: names[truth],
    }));
    const input = writeTable(folder, 'held-out.ndjson', table);
    const [target] = (await app.evaluate([passingModel(folder, species)], { input, truth: 'truth' })).targets;
    for (const name of ['accuracy', 'auc', 'log_loss', 'brier'] as const)
      same(metric(target, name).versions[0].value, multiclass[name], name, 1e-5);
    same(metric(target, 'f1_macro').versions[0].value, multiclass.macro.f1, 'F1', 1e-9);
    same(metric(target, 'f1_weighted').versions[0].value, multiclass.weighted.f1, 'F1', 1e-9);
  });
});

describe('rows that cannot be judged', () => {
  test('rows of JSON that come later may lack the column of a slice or of the truth', async (t) => {
    const { app, folder } = appIn(t);
    const input = writeTable(folder, 'held-out.ndjson', [
      ...Array.from({ length: 9000 }, (_, at) => ({ guess: at % 50, truth: at % 50, borough: 'Queens' })),
      ...Array.from({ length: 9000 }, (_, at) => ({ guess: at % 50, truth: 1 })),
      ...Array.from({ length: 9000 }, (_, at) => ({ guess: at % 50 })),
    ]);
    const { targets } = await app.evaluate([passingModel(folder, minutes)], { input, truth: 'truth', by: ['borough'] });
    const [{ rows, withoutTruth, slices }] = targets;
    assert.deepEqual([rows, withoutTruth], [18_000, 9000]);
    assert.deepEqual(
      slices.map((slice) => [slice.value, slice.rows]),
      [
        ['others', 9000],
        ['Queens', 9000],
      ],
    );
  });

  test('are counted by why, and left out for all versions', async (t) => {
    const { app, folder } = appIn(t);
    const strict = passingModel(folder, { ...minutes, version: '2.0.0', inputs: { guess: 'kind: number, max: 50' } });
    const input = writeTable(folder, 'held-out.csv', [
      ...Array.from({ length: 30 }, (_, at) => ({ guess: at, truth: at + 1 })),
      { guess: 60, truth: 1 },
      { guess: 'many', truth: 1 },
      { guess: 1, truth: null },
      { guess: 1, truth: 'long' },
    ]);
    const found = await app.evaluate([passingModel(folder, minutes), strict], { input, truth: 'truth' });
    assert.deepEqual(
      found.versions.map(({ refused }) => refused),
      [{ WRONG_TYPE: 1 }, { OUT_OF_RANGE: 1, WRONG_TYPE: 1 }],
    );
    assert.deepEqual([found.rows, found.unreadable], [34, { WRONG_TYPE: 1 }]);
    assert.deepEqual([found.targets[0].rows, found.targets[0].withoutTruth], [30, 1]);
  });

  for (const [what, options, message] of [
    [
      'a column of truth that is not there',
      { truth: 'truht' },
      /has no column truht that says what was true\. Is it truth\?/,
    ],
    ['an output that is none', { truth: { hours: 'truth' } }, /ride has no output hours/],
    [
      'a slice by a column that is not there',
      { truth: 'truth', by: ['borough'] },
      /has no column borough to part its rows by/,
    ],
    ['too many slices', { truth: 'truth', by: ['a', 'b', 'c', 'd'] }, /at most 3 columns/],
  ] as const) {
    test(`${what} is told at once`, async (t) => {
      const { app, folder } = appIn(t);
      const input = writeTable(folder, 'held-out.csv', [{ guess: 1, truth: 1 }]);
      await assert.rejects(app.evaluate([passingModel(folder, minutes)], { input, ...options }), {
        code: 'USAGE',
        message,
      });
    });
  }

  test('a model of several numbers asks which is meant, and judges each on its own column', async (t) => {
    const { app, folder } = appIn(t);
    const inputs = { a: number.kind, b: number.kind };
    const outputs = { first: 'kind: number, from: y, at: 0', second: 'kind: number, from: y, at: 1' };
    const model = passingModel(folder, { name: 'both', inputs, outputs });
    const input = writeTable(
      folder,
      'held-out.csv',
      Array.from({ length: 40 }, (_, at) => ({ a: at, b: at, u: at + 1, v: at + 2 })),
    );
    await assert.rejects(app.evaluate([model], { input, truth: 'u' }), { code: 'USAGE', message: /say which/ });
    const { targets } = await app.evaluate([model], { input, truth: { first: 'u', second: 'v' } });
    assert.deepEqual(
      targets.map(({ output, metrics }) => [output, metrics[0].versions[0].value]),
      [
        ['first', 1],
        ['second', 2],
      ],
    );
  });
});
