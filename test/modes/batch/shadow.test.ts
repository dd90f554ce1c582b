import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { MillraceError } from '../../../src/core/errors.ts';
import { openShadow } from '../../../src/modes/batch/shadow.ts';
import { mergeShadows, type ShadowCounts } from '../../../src/modes/batch/shadow-counts.ts';
import type { Package } from '../../../src/package/layout.ts';
import { stopPostgres } from '../../postgres.ts';
import { runCli } from '../../run-cli.ts';
import { lasting, trips, writeModel } from './project.ts';
import { projectIn, refused, withBad } from './runs-project.ts';

after(stopPostgres);

/** Another model of the same name: it takes inputs for each other, and refuses what is below `min`. */
const writeOther = (folder: string, { min = -100 }: { readonly min?: number } = {}): string => {
  const path = join(folder, 'other');
  writeModel(path, { version: '1.1.0', min });
  const file = join(path, 'model.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace('f6, f7, f8, f9, f10, f11', 'f11, f10, f9, f8, f7, f6'));
  return path;
};

describe('a shadow of a batch run', () => {
  for (const kind of ['parquet', 'postgres', 'csv'] as const) {
    it(`${kind}: answers the same rows, and nothing of it is written but how it differs`, async (t) => {
      const project = await projectIn(t, { from: kind, to: kind, settings: { shard_rows: 64 } });
      await project.run();
      const alone = lasting(await project.read());
      writeOther(project.folder);
      const { run, report } = await project.run({ force: true, shadow: './other' });
      assert.deepEqual(lasting(await project.read()), alone);
      const shadow = run.summary?.shadow;
      assert.ok(shadow);
      assert.equal(`${shadow.model}@${shadow.version}`, 'trees@1.1.0');
      assert.equal(shadow.rows, 300);
      assert.equal(shadow.fields.score.rows, 300);
      assert.ok(shadow.changed > 10 && shadow.changed === shadow.fields.score.changed);
      const { numbers } = shadow.fields.score;
      assert.ok(numbers && numbers.largest > 0 && numbers.magnitudes >= Math.abs(numbers.sum));
      const page = readFileSync(report.html, 'utf8');
      assert.match(page, /Beside trees 1\.1\.0/);
      assert.ok(page.includes(`${shadow.changed} of 300 rows`));
      assert.deepEqual(
        JSON.parse(readFileSync(report.json, 'utf8')).summary.shadow,
        JSON.parse(JSON.stringify(shadow)),
      );
    });
  }

  it('that is the same version differs in nothing', async (t) => {
    const project = await projectIn(t, { settings: { shard_rows: 64 } });
    const { run } = await project.run({ shadow: './model' });
    assert.deepEqual([run.summary?.shadow?.rows, run.summary?.shadow?.changed], [300, 0]);
    assert.deepEqual(run.summary?.shadow?.fields.score.numbers, { sum: 0, magnitudes: 0, largest: 0 });
  });

  it('counts rows that only one of the two refuses, by the code', async (t) => {
    const project = await projectIn(t, { rows: withBad(300, 10), settings: { max_rejected: 0.5 } });
    writeOther(project.folder, { min: 0 });
    const { run } = await project.run({ shadow: './other' });
    const shadow = run.summary?.shadow;
    assert.equal(run.rows_rejected, 30);
    assert.equal(shadow?.refused_by_both, 30);
    assert.ok((shadow?.refused.OUT_OF_RANGE ?? 0) > 50);
    assert.deepEqual(shadow?.answered, {});
    assert.equal((shadow?.fields.score.rows ?? 0) + 30 + (shadow?.refused.OUT_OF_RANGE ?? 0), 300);
  });

  it('that reads columns which the model does not is given them too', async (t) => {
    const project = await projectIn(t, { from: 'parquet' });
    const path = writeOther(project.folder);
    const file = join(path, 'model.yaml');
    const text = readFileSync(file, 'utf8').replace('inputs:\n', 'inputs:\n  city: {kind: category}\n');
    writeFileSync(file, text);
    const { run } = await project.run({ shadow: './other' });
    assert.deepEqual([run.summary?.shadow?.rows, run.summary?.shadow?.refused], [300, {}]);
  });

  it('is counted on where a run goes on that was stopped', async (t) => {
    const project = await projectIn(t, { settings: { shard_rows: 50 } });
    writeOther(project.folder);
    const app = project.app();
    const stop = new AbortController();
    const stopped = (await app.batch()).run({
      deployment: 'trips',
      shadow: './other',
      signal: stop.signal,
      onEvent: (event) => event.what === 'progress' && event.rows >= 200 && stop.abort(),
    });
    await assert.rejects(stopped);
    await app.close();
    const goingOn = project.app();
    let behind = 0;
    const { run } = await (await goingOn.batch()).run({
      deployment: 'trips',
      shadow: './other',
      signal: new AbortController().signal,
      onEvent: (event) => {
        if (event.what === 'continued') behind = event.run.rows_in;
      },
    });
    await goingOn.close();
    assert.ok(behind > 0 && behind < 300, `it went on behind row ${behind}`);
    const whole = await project.run({ force: true, shadow: './other' });
    assert.equal(run.summary?.shadow?.rows, 300);
    assert.equal(run.summary?.shadow?.changed, whole.run.summary?.shadow?.changed);
  });

  it('that is not there, or has no output in common, is refused before anything is read', async (t) => {
    const project = await projectIn(t);
    await assert.rejects(project.run({ shadow: './nowhere' }), refused('FILE_NOT_FOUND'));
    const path = writeOther(project.folder);
    const file = join(path, 'model.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('  score: {kind', '  points: {kind'));
    await assert.rejects(project.run({ shadow: './other' }), refused('USAGE', 'nothing to compare'));
    assert.equal(await project.read(), undefined);
  });

  it('is told on the command line', async (t) => {
    const project = await projectIn(t, { rows: trips(50) });
    writeOther(project.folder);
    const { stdout, code } = await runCli(['batch', 'run', 'trips', '--shadow', './other'], { cwd: project.folder });
    assert.equal(code, 0);
    assert.match(stdout, /trees@1\.1\.0 beside: \d+ of 50 rows \(.+ %\) are answered otherwise: score [+-]/);
  });
});

it('a shadow that cannot answer is noted once, and asked no more', async () => {
  const manifest = { name: 'm', version: '1.1.0', inputs: {}, outputs: {} };
  const notes: string[] = [];
  let loads = 0;
  const shadow = openShadow({
    found: { manifest, digest: 'sha256:1' } as unknown as Package,
    load: () => {
      loads++;
      return Promise.reject(new MillraceError({ code: 'WORKER_LOST', message: 'no room' }));
    },
    signal: new AbortController().signal,
    onNote: (note) => notes.push(note),
  });
  const [chunk, source] = [{}, {}] as unknown as Parameters<typeof shadow.answers>;
  assert.equal(await shadow.answers(chunk, source), undefined);
  assert.equal(await shadow.answers(chunk, source), undefined);
  assert.deepEqual([notes, loads], [['the shadow m@1.1.0 is asked no more: WORKER_LOST: no room'], 1]);
  assert.equal(shadow.problem()?.code, 'WORKER_LOST');
  await shadow.close();
});

const counts = (change: Partial<ShadowCounts>): ShadowCounts => ({
  model: 'm',
  version: '1.0.0',
  digest: 'sha256:1',
  rows: 10,
  changed: 1,
  refused: { OUT_OF_RANGE: 1 },
  answered: {},
  refused_by_both: 0,
  fields: { label: { rows: 9, changed: 1, moves: { '["no","yes"]': 1 } } },
  ...change,
});

it('counts of shards add up, and a part that another version was asked in does not count', () => {
  const other = counts({ digest: 'sha256:2' });
  const sum = mergeShadows([other, undefined, counts({}), counts({ refused: { WRONG_TYPE: 2 } })]);
  assert.equal(sum?.rows, 20);
  assert.deepEqual(sum?.refused, { OUT_OF_RANGE: 1, WRONG_TYPE: 2 });
  assert.deepEqual(sum?.fields.label, { rows: 18, changed: 2, moves: { '["no","yes"]': 2 } });
  assert.equal(mergeShadows([undefined]), undefined);
});
