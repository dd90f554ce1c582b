import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import type { App } from '../../../src/app.ts';
import { runCli } from '../../run-cli.ts';
import { listen, millrace, openProject, predictAgain, prediction, row, type Shown } from './better-project.ts';
import { get, metric, models, post, until } from './serving.ts';

/** A command in a process of its own, until it is ready to be asked. */
const start = async (t: TestContext, app: App, words: readonly string[]) => {
  const child = spawn(process.execPath, [millrace, ...words, '--port', '0', '--record', 'all'], {
    cwd: app.project.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, MILLRACE_HOME: app.home },
  });
  t.after(() => child.kill('SIGKILL'));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      said += String(data);
    });
  }
  const found = (): string | undefined => /ready on (http:\S+?);/.exec(said)?.[1];
  await until(() => found() !== undefined || child.exitCode !== null);
  const stop = async (): Promise<number | null> => {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
    return child.exitCode;
  };
  return { url: found() ?? assert.fail(said), stop };
};

describe('on the command line', { timeout: 120_000 }, () => {
  it('millrace up runs a service that publishes and the stream that predicts again, in one process', async (t) => {
    const { url, stop } = await start(t, openProject(t), ['up']);
    const { json } = await post(`${url}/predict/int-inputs`, row);
    const { heard, ended } = await listen(t, `${url}/predictions/${json.id}/events`);
    await until(() => heard.length === 1);
    const { json: shown } = await get<Shown>(`${url}/predictions/${json.id}`);
    assert.deepEqual([shown.prediction, shown.better], [prediction, [heard[0].data]]);
    assert.equal(await stop(), 0);
    await ended;
    assert.deepEqual(heard.at(-1), { event: 'end', data: { reason: 'stopping' } });
  });

  it('all processes of a service hear of what one of them has answered', async (t) => {
    const app = openProject(t);
    const words = [
      'serve',
      models.integers,
      '--publish',
      'asked',
      '--better',
      'answered',
      '--workers',
      '2',
      '--no-grpc',
    ];
    const { url, stop } = await start(t, app, words);
    await predictAgain(t, app, 'second-look', {});
    for (let call = 0; call < 10; call++) {
      const { json } = await post(`${url}/predict/int-inputs`, row, { connection: 'close' });
      const { response, heard } = await listen(t, `${url}/predictions/${json.id}/events`);
      assert.equal(response.status, 200);
      await until(() => heard.length === 1);
    }
    assert.equal(await metric(url, 'millrace_publish_events_total'), 10);
    assert.equal(await stop(), 0);
  });

  it('a topic that is none, and words that need a topic, are refused before anything starts', async (t) => {
    const { folder } = openProject(t).project;
    const serve = (...words: readonly string[]) =>
      runCli(['serve', models.integers, '--port', '0', ...words], { cwd: folder });
    const wrong = await serve('--publish', 'a topic');
    assert.deepEqual([wrong.code, /letters, digits, dots/.test(wrong.stderr)], [2, true]);
    const alone = await serve('--better', 'answered');
    assert.deepEqual([alone.code, /USAGE.*--publish/.test(alone.stderr)], [2, true]);
  });
});
