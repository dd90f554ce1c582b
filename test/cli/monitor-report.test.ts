import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { watchedProject } from './watched-project.ts';

test('the report says first whether all is well, then what changed and since when, predictions before inputs', async (t) => {
  const { cwd, run } = await watchedProject(t, [0, 0.5]);
  await run('check');
  const { code, stderr } = await run('report', 'rides', '-o', 'report.html');
  assert.deepEqual([code, stderr], [0, 'wrote report.html\n']);
  const page = readFileSync(join(cwd, 'report.html'), 'utf8');
  assert.match(page, /<p class="verdict">rides needs a look: .*(?:predictions|inputs)/);
  assert.match(page, /What has changed.*distance is 0\.[45]\d? sd higher/s);
  assert.ok(page.indexOf('<h2>Predictions') < page.indexOf('<h2>Inputs'));
  assert.match(page, /aria-label="Distribution of minutes"/);
  assert.match(page, /aria-label="Change of distance over time"/);
  assert.match(page, /prefers-color-scheme:dark/);
  assert.match(page, /@media print/);
  assert.doesNotMatch(page, /<script|<link|src=|url\(|https?:/);
});

test('the report of a deployment that stands well says so, and one that was not judged yet says that', async (t) => {
  const { cwd, run } = await watchedProject(t, [0, 0]);
  assert.match((await run('report', 'rides')).stdout, /Nothing of rides has been judged yet\./);
  await run('check');
  assert.match((await run('report', 'rides')).stdout, /All is well with rides: it answers as it did in training\./);
  await run('report', 'rides', '-o', 'report.html');
  await run('accept', 'rides', '--why', 'x <b>');
  assert.equal((await run('report', 'rides', '-o', 'report.html')).code, 2);
  assert.equal((await run('report', 'rides', '-o', 'report.html', '--force')).code, 0);
  assert.match(readFileSync(join(cwd, 'report.html'), 'utf8'), /x &#60;b&#62;/);
  assert.ok(!existsSync(join(cwd, 'other.html')));
});
