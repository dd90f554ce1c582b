import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { gatedProject, rides } from '../gates/gated-project.ts';

const wider = '{ distance: { kind: number, unit: mile }, zone: { kind: category }, hour: { kind: integer } }';

const twoVersions = (t: TestContext) =>
  gatedProject(t, '  production:', [
    { version: '1.0.0', more: 'provenance: { metrics: { mae: 3.1, rows: 100 } }' },
    { version: '1.1.0', times: 3, more: 'provenance: { metrics: { mae: 2.9 } }' },
    {
      version: '2.0.0',
      inputs: wider,
      examples: [{ input: { distance: 1, zone: 'b', hour: 3 }, output: { minutes: 2 } }],
    },
  ]);

describe('diff', () => {
  it('tells signature, preparation, model, metrics and examples of two versions', async (t) => {
    const { ok } = await twoVersions(t);
    const told = await ok('diff', 'ride@1.0.0', 'ride@1.1.0');
    assert.match(told, /Signature {2}no difference/);
    assert.match(told, /model file .*model\.onnx sha256:/);
    assert.match(told, /mae +3\.1 +2\.9 +-0\.2/);
    assert.match(told, /Examples {2}1 and 1: 0 added, 0 removed, 1 with another answer/);
    const broken = await ok('diff', 'ride@1.0.0', 'ride@2.0.0');
    assert.match(broken, /callers of the first would notice 1 of these/);
    assert.match(broken, /input hour +added +– +an integer +it must be given/);
    assert.match(broken, /1 and 1: 1 added, 1 removed/);
  });

  it('says of a version and itself that they are the same', async (t) => {
    const { millrace } = await twoVersions(t);
    const { code, stderr } = await millrace('diff', 'ride@1.0.0', './1.0.0');
    assert.equal(code, 0);
    assert.match(stderr, /the same package, bit for bit/);
  });

  it('holds answers to a table and to recorded rows beside each other, by field and by slice', async (t) => {
    const { cwd, ok, record } = await twoVersions(t);
    const lines = rides(90).map(({ distance, zone }) => `${distance},${zone}`);
    writeFileSync(join(cwd, 'rides.csv'), `distance,zone\n${lines.join('\n')}\nfar,north\n`);
    const table = JSON.parse(await ok('diff', 'ride@1.0.0', 'ride@1.1.0', '--in', 'rides.csv', '--json'));
    await record(rides(90));
    const recorded = JSON.parse(await ok('diff', 'ride@1.0.0', 'ride@1.1.0', '--recorded', '--json'));
    for (const { answers } of [table, recorded]) {
      const [{ field, changed, numbers }] = answers.fields;
      assert.deepEqual([field, changed], ['minutes', 90]);
      const mean = rides(90).reduce((sum, { distance }) => sum + distance, 0) / 90;
      assert.ok(Math.abs(numbers.mean - mean) < 1e-9, `${numbers.mean}`);
      assert.deepEqual(
        answers.parts.filter(({ rows }: { rows: number }) => rows > 0).map(({ by }: { by: string }) => by),
        ['zone', 'zone', 'zone'],
      );
    }
    assert.deepEqual([table.answers.refused_by_both, recorded.answers.refused_by_both], [1, 0]);
    assert.match(
      await ok('diff', 'ride@1.0.0', 'ride@2.0.0', '--recorded'),
      /refused by the second alone: MISSING_FIELD 90/,
    );
  });

  it('writes a page, and replaces none unless it is told to', async (t) => {
    const { cwd, ok, millrace } = await twoVersions(t);
    await ok('diff', 'ride@1.0.0', 'ride@2.0.0', '-o', 'diff.html');
    const page = readFileSync(join(cwd, 'diff.html'), 'utf8');
    assert.match(page, /<h1>ride@1\.0\.0 and ride@2\.0\.0<\/h1>/);
    assert.match(page, /input hour/);
    assert.doesNotMatch(page, /https?:\/\//);
    const again = await millrace('diff', 'ride@1.0.0', 'ride@1.1.0', '-o', 'diff.html');
    assert.equal(again.code, 2);
    assert.match(again.stderr, /diff\.html/);
  });

  it('refuses rows from two places, rows that nobody has recorded, and a page that is none', async (t) => {
    const { millrace } = await twoVersions(t);
    for (const [words, said] of [
      [['--in', 'a.csv', '--recorded'], /one place/],
      [['--recorded'], /Nothing is recorded of ride/],
      [['--in', 'nowhere.csv'], /nowhere\.csv/],
      [['-o', 'diff.txt'], /\.html/],
      [['--in', '1.0.0/examples.json', '--by', 'colour'], /no column colour/],
    ] as const) {
      const { code, stderr } = await millrace('diff', 'ride@1.0.0', 'ride@1.1.0', ...words);
      assert.equal(code, 2, words.join(' '));
      assert.match(stderr, said);
    }
  });
});
