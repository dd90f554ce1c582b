import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';
import { runCli } from '../../run-cli.ts';
import { examplesOf, record } from './recording.ts';
import { models, post } from './serving.ts';

describe('millrace replay', () => {
  const recorded = async (t: TestContext, folder: string) => {
    const recording = await record(t, [folder]);
    const [{ card }] = recording.service.plane.models.slots;
    assert.ok(card);
    const { json } = await post(`${recording.url}/predict/${card.name}`, examplesOf(folder)[0].input);
    await recording.service.close();
    await recording.recorder.close();
    const cli = (...words: readonly string[]) =>
      runCli(words, { cwd: recording.app.home, env: { MILLRACE_HOME: recording.app.home } });
    return { id: json.id, cli, home: recording.app.home };
  };

  it('says that a prediction is the same, bit by bit', async (t) => {
    const { id, cli } = await recorded(t, models.ride);
    const { code, stdout, stderr } = await cli('replay', id);
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^same {2}ride-duration@1\.0\.0/);
    const { stdout: json } = await cli('replay', id, '--json');
    const { same, before, now } = JSON.parse(json);
    assert.equal(same, true);
    assert.deepEqual(now, before);
  });

  it('says where a prediction differs, and ends with 1', async (t) => {
    const { id, cli, home } = await recorded(t, models.ride);
    const database = new DatabaseSync(join(home, 'registry.db'));
    database.exec(`update recorded set output = '{"minutes":' || (json_extract(output, '$.minutes') + 4e-15) || '}'`);
    database.close();
    const { code, stdout } = await cli('replay', id);
    assert.equal(code, 1);
    assert.match(stdout, /^different/);
    assert.match(stdout, /minutes/);
  });

  it('asks for the package when it is nowhere to be found, and takes no other', async (t) => {
    const { id, cli, home } = await recorded(t, models.ride);
    const database = new DatabaseSync(join(home, 'registry.db'));
    database.exec(`update served set deployment = 'rides'`);
    database.close();
    const missing = await cli('replay', id);
    assert.deepEqual([missing.code, /--package/.test(missing.stderr)], [2, true]);
    const other = await cli('replay', id, '--package', models.trees);
    assert.deepEqual([other.code, /is not the package that answered/.test(other.stderr)], [2, true]);
    assert.equal((await cli('replay', id, '--package', models.ride)).code, 0);
  });

  it('says that there is no such record', async (t) => {
    const { cli } = await recorded(t, models.ride);
    const { code, stderr } = await cli('replay', 'nobody');
    assert.equal(code, 2);
    assert.match(stderr, /NOT_FOUND/);
  });
});
