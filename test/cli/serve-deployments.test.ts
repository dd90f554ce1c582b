import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { post } from '../modes/service/serving.ts';
import { runCli } from '../run-cli.ts';
import { tempFolder } from '../temp-folder.ts';

const root = join(import.meta.dirname, '..', '..');
const model = join(root, 'bench', 'models', 'trees-100x6');
const [{ input }] = JSON.parse(readFileSync(join(model, 'examples.json'), 'utf8'));

/** A project whose deployments name their models by paths, and a folder elsewhere. */
const openProject = (t: TestContext) => {
  const folder = join(tempFolder(t), 'project');
  const elsewhere = tempFolder(t);
  for (const version of ['1.0.0', '2.0.0']) {
    const copy = join(folder, 'models', version);
    mkdirSync(copy, { recursive: true });
    cpSync(model, copy, { recursive: true });
    const manifest = join(copy, 'model.yaml');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(/^version: .*$/m, `version: ${version}`));
  }
  writeFileSync(
    join(folder, 'millrace.yaml'),
    `deployments:
  stable: { mode: service, model: ./models/1.0.0, publish: asked }
  next: { mode: service, model: models/2.0.0 }
  same: { mode: service, model: ./models/1.0.0 }
  later: { mode: stream, model: ./models/1.0.0, from: asked, to: answered, input: $.input }
`,
  );
  return { folder, elsewhere };
};

/** The command as a process in `cwd`, asked once it is ready, and stopped. */
const run = async (t: TestContext, cwd: string, words: readonly string[], ask: (url: string) => Promise<void>) => {
  const child = spawn(process.execPath, [join(root, 'bin', 'millrace.js'), ...words], { cwd });
  t.after(() => child.kill('SIGKILL'));
  let told = '';
  child.stderr.on('data', (part) => {
    told += part;
  });
  for await (const part of child.stdout) {
    told += part;
    if (/^ready on/m.test(told)) break;
  }
  const [, url] = /^ready on (http:[^;]+);/m.exec(told) ?? assert.fail(told);
  await ask(url);
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [0, null], told);
  return told;
};

const recorded = (folder: string): readonly unknown[] => {
  const database = new DatabaseSync(join(folder, '.millrace', 'registry.db'));
  try {
    return database.prepare('select deployment, version from predictions order by seq').all();
  } finally {
    database.close();
  }
};

for (const command of ['up', 'serve']) {
  test(`millrace ${command} records and counts each answer for the deployment that gave it`, async (t) => {
    const { folder, elsewhere } = openProject(t);
    const names = command === 'up' ? ['stable', 'next', 'same'] : [];
    const words = ['-f', folder, command, ...names, '--port', '0', '--record', 'all'];
    let id = '';
    const told = await run(t, elsewhere, words, async (url) => {
      id = (await post(`${url}/predict/trees-100x6`, input)).json.id;
      assert.equal((await post(`${url}/predict/trees-100x6/versions/2.0.0`, input)).status, 200);
      const metrics = await (await fetch(`${url}/metrics`)).text();
      for (const [version, deployment] of [
        ['1.0.0', 'stable'],
        ['2.0.0', 'next'],
      ]) {
        const labels = `model="trees-100x6",version="${version}",deployment="${deployment}",variant="stable"`;
        assert.ok(metrics.includes(`\nmillrace_requests_total{${labels},outcome="ok"} 1\n`), metrics);
      }
      const lines = metrics.split('\n').filter((line) => line.startsWith('millrace_queue_depth{'));
      assert.equal(new Set(lines.map((line) => line.split(' ')[0])).size, 3);
    });
    const warnings = told.match(/^warning: .*$/gm);
    assert.deepEqual(warnings, [
      'warning: same answers nothing while stable has trees-100x6@1.0.0 too, and comes first',
    ]);
    assert.deepEqual(
      recorded(folder).map((row) => ({ ...(row as object) })),
      [
        { deployment: 'stable', version: '1.0.0' },
        { deployment: 'next', version: '2.0.0' },
      ],
    );
    const replayed = await runCli(['-f', folder, 'replay', id], { cwd: elsewhere });
    assert.match(replayed.stdout, /^same/, replayed.stderr);
  });
}

test('a path that is typed starts from where it is typed, and is the deployment that has it', async (t) => {
  const { folder, elsewhere } = openProject(t);
  const words = ['-f', folder, 'serve', join('..', '..', folder, 'models', '1.0.0'), '--port', '0', '--no-grpc'];
  await run(t, elsewhere, [...words, '--record', 'all', '--workers', '2'], async (url) => {
    assert.equal((await post(`${url}/predict/trees-100x6`, input)).status, 200);
  });
  assert.deepEqual({ ...(recorded(folder)[0] as object) }, { deployment: 'stable', version: '1.0.0' });
});

test('millrace up hands --record-wait to its services, which belongs to --record as with serve', async (t) => {
  const { folder, elsewhere } = openProject(t);
  const words = ['-f', folder, 'up', 'stable', '--port', '0', '--record-wait'];
  const alone = await runCli(words, { cwd: elsewhere });
  assert.equal(alone.code, 2, alone.stderr);
  assert.match(alone.stderr, /--record-wait belongs to --record/);
  await run(t, elsewhere, [...words, '--record', 'all'], async (url) => {
    const { status } = await post(`${url}/predict/trees-100x6`, input);
    // Written before it was told.
    assert.deepEqual([status, recorded(folder).length], [200, 1]);
  });
});
