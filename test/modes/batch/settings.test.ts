import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Code, MillraceError } from '../../../src/core/errors.ts';
import type { Manifest } from '../../../src/core/types.ts';
import { compileSummaryCondition } from '../../../src/modes/batch/condition.ts';
import { readDeployment } from '../../../src/modes/batch/deployment.ts';
import { isGone, newOwner } from '../../../src/modes/batch/owner.ts';
import type { Summary } from '../../../src/modes/batch/types.ts';
import type { Judgement } from '../../../src/monitor/drift/judgement.ts';
import { sumsOf } from '../../../src/monitor/profile/exact.ts';
import type { BatchSettings } from '../../../src/project/deployments/batch.ts';
import { bareQuery, fillParameters, fillPattern } from '../../../src/sources/template.ts';

const refused =
  (code: Code, part: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof MillraceError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, part);
    return true;
  };

const span = {
  from: Date.parse('2026-11-01T04:00:00Z'),
  to: Date.parse('2026-11-02T05:00:00Z'),
  zone: 'America/New_York',
};

test('dates of the window are filled into texts, in the zone of the window', () => {
  assert.equal(fillPattern('rides/{{ from | yyyy-MM }}/{{from|dd}}.parquet', span), 'rides/2026-11/01.parquet');
  assert.equal(fillPattern('{{ from }}..{{ to | yyyyMMdd_HHmmss }}', span), '2026-11-01..20261102_000000');
  assert.equal(fillPattern('nothing to fill', undefined), 'nothing to fill');
});

test('what is no date of the window is refused', () => {
  assert.throws(() => fillPattern('{{ now }}', span), refused('BAD_PROJECT', /\{\{ now \}\}/));
  assert.throws(() => fillPattern('{{ from | "; drop table x" }}', span), refused('BAD_PROJECT', /date pattern/));
  assert.throws(() => fillPattern('{{ from }}', undefined), refused('BAD_PROJECT', /needs a window/));
});

test('parameters are filled into code, and left alone in strings, names, comments and casts', () => {
  const fill = (sql: string) => fillParameters(sql, (name) => (name === 'from' ? '<FROM>' : undefined));
  assert.equal(fill('a >= :from'), 'a >= <FROM>');
  assert.equal(
    fill(`a = ':from' and "b:from" = 'it''s :from' and c >= :from`),
    `a = ':from' and "b:from" = 'it''s :from' and c >= <FROM>`,
  );
  assert.equal(fill('a::from, x -- :from\n, :from'), 'a::from, x -- :from\n, <FROM>');
  assert.equal(
    fill('/* :other */ $$ :other $$ $q$ :other $q$ :from'),
    '/* :other */ $$ :other $$ $q$ :other $q$ <FROM>',
  );
  assert.throws(() => fill('a = :other'), refused('BAD_PROJECT', /:other/));
});

test('a semicolon at the end of a query does no harm', () => {
  assert.equal(bareQuery('  select 1 ;\n'), 'select 1');
  assert.equal(bareQuery('select 1; -- done\n /* really */'), 'select 1');
  assert.equal(bareQuery("select ';' -- no; end"), "select ';' -- no; end");
});

const settings: BatchSettings = {
  mode: 'batch',
  model: 'm@1.0.0',
  source: { connection: 'warehouse', table: 'rides' },
  sink: { file: 'out.csv' },
};

test('settings have defaults', () => {
  const deployment = readDeployment('d', settings);
  assert.deepEqual(
    [
      deployment.maxRejected,
      deployment.shardRows,
      deployment.workers,
      deployment.overlap,
      deployment.catchUp,
      deployment.zone,
    ],
    [0.01, 200_000, 1, 'wait', 0, 'UTC'],
  );
  assert.equal(readDeployment('d', { ...settings, max_rejected: '2.5 %' }).maxRejected, 0.025);
  assert.equal(readDeployment('d', { ...settings, patience: '90s' }).patience, 90_000);
});

test('settings that contradict each other are refused, with their place', () => {
  const cases: readonly (readonly [Partial<BatchSettings>, RegExp])[] = [
    [{ source: {} }, /deployments\.d\.source: expected one of sql, table and files/],
    [{ source: { connection: 'w', sql: 'select 1', table: 't' } }, /expected one of/],
    [{ source: { sql: 'select 1' } }, /need a connection/],
    [{ source: { connection: 'w', files: 'a.csv' } }, /files have no connection/],
    [{ sink: { file: 'a.csv', table: 't' } }, /deployments\.d\.sink/],
    [{ sink: { table: 't' } }, /needs a connection/],
    [{ zone: 'Mars/Olympus' }, /no time zone Mars/],
    [{ schedule: 'daily' }, /deployments\.d\.schedule/],
    [{ max_rejected: '200%' }, /not a share/],
    [{ react: [{ when: 'true' }] }, /react\[0\]/],
  ];
  for (const [change, message] of cases) {
    assert.throws(() => readDeployment('d', { ...settings, ...change }), refused('BAD_PROJECT', message));
  }
});

test('what shapes the output is told by a digest; what does not is not', () => {
  const { settings: first } = readDeployment('d', settings);
  assert.equal(readDeployment('d', { ...settings, workers: 2, max_rejected: 0.5 }).settings, first);
  assert.notEqual(readDeployment('d', { ...settings, shard_rows: 7 }).settings, first);
});

const manifest: Manifest = {
  name: 'churn',
  version: '1.0.0',
  runtime: 'onnx',
  inputs: { tenure: { kind: 'integer' } },
  outputs: { churn: { kind: 'number' }, label: { kind: 'category', labels: ['No', 'Yes'] } },
};
const summary = {
  deployment: 'd',
  scope: 'all',
  rows_in: 100,
  rows_out: 99,
  rows_rejected: 1,
  seconds: 2,
  outputs: {
    churn: { kind: 'number', missing: 0, min: 0.1, max: 0.9, ...sumsOf(99, 0.31, 1), bins: [] },
    label: { kind: 'category', count: 99, missing: 0, counts: { No: 66, Yes: 33 }, other: 0 },
  },
  inputs: { tenure: { kind: 'number', missing: 50, min: 1, max: 9, ...sumsOf(50, 4, 0), bins: [] } },
} as unknown as Summary;

const judgement = {
  state: 'drift',
  fields: [
    { field: 'churn', is: 'output', state: 'steady', effect: 0.02 },
    { field: 'tenure', is: 'input', state: 'drift', effect: 0.4 },
  ],
} as unknown as Judgement;

const holds: readonly (readonly [string, boolean])[] = [
  ['mean(churn) > 0.3', true],
  ['mean(churn) > 1', false],
  ['mean(churn) > 0.32 || rejected_share == 0.01', true],
  ["share(label, 'Yes') * 3 >= 1", true],
  ['max(churn) - min(churn) < 1 && rows_in == 100', true],
  ['missing(inputs.tenure) > 0.4 && mean(inputs.tenure) == 4', true],
  ["deployment == 'd' && scope == 'all'", true],
  ['drift && drifting == 1', true],
  ['drifts(churn) || effect(churn) > 0.1', false],
  ['drifts(inputs.tenure) && effect(inputs.tenure) > 0.3', true],
];
for (const [text, expected] of holds) {
  test(`the condition ${text} ${expected ? 'holds' : 'does not hold'}`, () => {
    assert.deepEqual(compileSummaryCondition(text, manifest, 'when')({ summary, judgement }), { holds: expected });
  });
}

test('nothing is true of a field without values', () => {
  const none = { ...summary, outputs: {} };
  for (const text of ['mean(churn) > 0', 'mean(churn) <= 0', "share(label, 'Yes') >= 0"]) {
    assert.deepEqual(compileSummaryCondition(text, manifest, 'when')({ summary: none }), { holds: false });
  }
});

test('a run without a reference does not drift, and an output may be called drift', () => {
  for (const text of ['drift', 'drifts(churn)', 'effect(churn) >= 0', 'drifting > 0']) {
    assert.deepEqual(compileSummaryCondition(text, manifest, 'when')({ summary }), { holds: false });
  }
  const named = { ...manifest, outputs: { drift: manifest.outputs.churn } };
  const told = { ...summary, outputs: { drift: summary.outputs.churn } };
  assert.deepEqual(compileSummaryCondition('mean(drift) > 0.3', named, 'when')({ summary: told }), { holds: true });
});

test('a condition that cannot be one is refused before anything is scored', () => {
  for (const text of ['mean(churm) > 1', 'mean(churn', 'mean(churn)', 'mean(inputs.nothing) > 1', 'rows_in = 3']) {
    assert.throws(
      () => compileSummaryCondition(text, manifest, 'when'),
      refused('BAD_PROJECT', /^when is not a condition/),
    );
  }
});

test('an owner is gone when its process is, and not before', () => {
  const mine = newOwner();
  assert.equal(isGone(mine), false);
  const [host, , start] = mine.split('/');
  assert.equal(isGone(`${host}/4194304/${start}/ab`), true, 'no process has this number');
  assert.equal(isGone(`another-machine/1/1/ab`), false, 'of other machines nothing is known');
});
