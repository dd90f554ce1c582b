import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { it } from 'node:test';
import { tempFolder } from './temp-folder.ts';
import { until } from './until.ts';

const root = join(import.meta.dirname, '..');

it('the story of a scan packs the model, serves it, and tells what it says of each phantom', async (t) => {
  const story = spawn(process.execPath, [join(root, 'examples/mri/run.ts')], {
    env: { ...process.env, MILLRACE_HOME: tempFolder(t), PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => story.kill('SIGKILL'));
  let said = '';
  for (const stream of [story.stdout, story.stderr]) stream.on('data', (data) => (said += String(data)));
  const ended = once(story, 'exit');
  await until('all is told', () => said.includes('Up until Ctrl-C') || story.exitCode !== null);
  assert.match(said, /4 golden examples hold/);
  assert.equal(said.match(/ 200 \{"id":.*"model":"mri".*"probability":0\.\d+/g)?.length, 4, said);
  story.kill('SIGINT');
  assert.equal((await ended)[0], 0, said);
});
