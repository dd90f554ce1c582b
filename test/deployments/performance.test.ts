import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Manifest } from '../../src/core/types.ts';
import { type PerformanceOptions, performanceOf } from '../../src/deployments/performance.ts';
import type { LabelledAnswer } from '../../src/monitor/labels/labels.ts';
import type { SpanProfile } from '../../src/monitor/profiles/profiles.ts';
import { near } from '../monitor/oracles.ts';

const DAY = { from: '2026-11-03T00:00:00.000Z', to: '2026-11-04T00:00:00.000Z' };
const served = { model: 'ride', version: '1.0.0', digest: 'sha256:00', predictions: 0 };

const manifestOf = (outputs: Manifest['outputs']): Manifest =>
  ({
    runtime: 'onnx',
    name: 'ride',
    version: '1.0.0',
    inputs: { distance: { kind: 'number' }, zone: { kind: 'category' } },
    outputs,
  }) as Manifest;

interface World {
  readonly manifest: Manifest;
  readonly rows: readonly LabelledAnswer[];
  readonly reference?: unknown;
  readonly spans?: readonly SpanProfile[];
}

const measured = ({ manifest, rows, reference, spans = [] }: World, options: PerformanceOptions = {}) => {
  const files = new Map(
    reference === undefined ? [] : [['profile.json', Buffer.from(JSON.stringify(reference))] as const],
  );
  const labels = {
    served: async () => (rows.length === 0 ? [] : [{ ...served, predictions: rows.length }]),
    async *answers() {
      for (let from = 0; from < rows.length; from += 100) yield rows.slice(from, from + 100);
    },
  };
  const world = { labels, profiles: { windows: async () => spans }, packageOf: async () => ({ manifest, files }) };
  return performanceOf(world, 'rides', DAY, options);
};

const number = manifestOf({ minutes: { kind: 'number', unit: 'minute' } });
/** A ride whose answer is off by so much. */
const ride = (off: number | undefined, zone = 'A', distance = 1): LabelledAnswer => ({
  input: { distance, zone },
  output: { minutes: 10 },
  truth: off === undefined ? undefined : { minutes: 10 - off },
});
const valuesOf = (figures: readonly { readonly name: string; readonly value: number }[] = []) =>
  Object.fromEntries(figures.map(({ name, value }) => [name, value]));

describe('performance of recorded predictions', () => {
  it('tells figures of numbers with intervals, and how many predictions have a label', async () => {
    const rows = Array.from({ length: 300 }, (_, at) => ride(at % 3 === 0 ? undefined : at % 2 === 0 ? 1 : -3));
    const { predictions, labelled, coverage, targets, served: by } = await measured({ manifest: number, rows });
    assert.deepEqual([predictions, labelled, by?.digest], [300, 200, 'sha256:00']);
    assert.equal(coverage, 2 / 3);
    const [{ output, kind, unit, rows: judged, figures }] = targets;
    assert.deepEqual(
      { output, kind, unit, judged },
      { output: 'minutes', kind: 'numbers', unit: 'minute', judged: 200 },
    );
    const { mae, bias, rmse } = valuesOf(figures);
    for (const [got, expected] of [
      [mae, 2],
      [bias, -1],
      [rmse, Math.sqrt(5)],
    ])
      near(got, expected);
    assert.equal(figures[0].interval?.method, 't');
    assert.equal(figures[1].interval?.method, 'bootstrap');
  });

  it('tells slices by values, and by bands that are the same in every window', async () => {
    const rows = Array.from({ length: 400 }, (_, at) =>
      ride(at % 4 === 0 ? 5 + (at % 3) : at % 2 === 0 ? 1 : -2, at % 4 === 0 ? 'B' : 'A', at),
    );
    const distance = {
      kind: 'number',
      count: 9,
      min: 0,
      max: 1000,
      quantiles: [0, 0, 100, 200, 300, 900, 990],
      edges: [],
      counts: [],
    };
    const reference = { rows: 9, inputs: { distance }, outputs: {} };
    const { targets } = await measured(
      { manifest: number, rows, reference },
      { slices: ['zone', 'distance'], quantile: 0.9 },
    );
    const [{ slices, figures }] = targets;
    const [worst] = slices;
    assert.deepEqual([worst.by, worst.value, worst.rows, worst.isWorse], ['zone', 'B', 100, true]);
    near(valuesOf(worst.figures).mae, 5.99);
    assert.deepEqual(
      slices
        .filter(({ by }) => by === 'distance')
        .map(({ value }) => value)
        .toSorted(),
      ['100 – 200', '200 – 300', '> 300', '≤ 100'],
    );
    assert.ok(valuesOf(figures).quantile_loss > 0);
  });

  const churn = manifestOf({ churned: { kind: 'boolean' }, probability: { kind: 'number', min: 0, max: 1 } });
  const customer = (at: number): LabelledAnswer => ({
    input: {},
    output: { churned: at % 10 >= 5, probability: (at % 10) / 10 + 0.05 },
    truth: { churned: at % 20 >= 10 },
  });
  it('tells figures of labels and of their probabilities, truths told as booleans or by the probability alone', async () => {
    const rows = Array.from({ length: 400 }, (_, at) => customer(at));
    const [{ figures, positive, calibration }] = (await measured({ manifest: churn, rows })).targets;
    assert.equal(positive, 'true');
    assert.equal(calibration?.length, 10);
    const found = valuesOf(figures);
    assert.deepEqual([found.accuracy, found.precision, found.recall, found.auc], [0.5, 0.5, 0.5, 0.5]);
    for (const name of ['f1', 'log_loss', 'brier', 'ece']) assert.ok(name in found, name);
    const alone = rows.map(({ truth, ...row }) => ({ ...row, truth: { probability: Number(truth?.churned) } }));
    assert.deepEqual((await measured({ manifest: churn, rows: alone })).targets[0].figures, figures);
  });

  it('estimates without labels what the package’s calibration lets expect, and says what that assumes', async () => {
    const counts = Array.from({ length: 50 }, () => 10);
    const positives = counts.map((_, bin) => bin / 5);
    const calibration = { label: 'true', counts, positives };
    const truth = { probability: { column: 'churned', rows: 500, figures: {}, calibration } };
    const reference = { rows: 500, inputs: {}, outputs: {}, truth };
    const scores = counts.map((_, bin) => (bin < 10 ? 30 : 0));
    const profile = { kind: 'number', count: 300, missing: 0, min: 0, max: 1, bins: [], scores };
    const label = { kind: 'category', count: 300, missing: 0, counts: { true: 0, false: 300 }, other: 0 };
    const span = { ...served, at: DAY.from, outputs: { probability: profile, churned: label } };
    const rows = [{ ...customer(1), truth: undefined }];
    const spans = [span as unknown as SpanProfile];
    const { targets, estimated, coverage } = await measured({ manifest: churn, rows, reference, spans });
    assert.deepEqual([targets.length, coverage], [0, 0]);
    const [{ output, positive, figures, assumes, rows: of }] = estimated;
    assert.deepEqual([output, positive, of], ['churned', 'true', 300]);
    assert.match(assumes, /still mean what they meant/);
    // Bins 0 to 9 came true in 0 to 18 of a hundred: 9 on average, and all are said not to.
    assert.ok(Math.abs(valuesOf(figures).accuracy - 0.91) < 1e-12);
  });

  it('says that nothing is recorded where nothing is', async () => {
    const { predictions, coverage, targets, served: by } = await measured({ manifest: number, rows: [] });
    assert.deepEqual(
      { predictions, coverage, targets, by },
      { predictions: 0, coverage: 0, targets: [], by: undefined },
    );
  });
});
