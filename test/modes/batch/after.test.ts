/** What a run leaves behind: its report, and what follows from it. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, describe, it, type TestContext } from 'node:test';
import chromium from '@sparticuz/chromium';
import { type Browser, chromium as playwright } from 'playwright-core';
import type { Report } from '../../../src/modes/batch/report/report.ts';
import { tempFolder } from '../../temp-folder.ts';
import { createProject, fillFile, type ProjectOptions, trips } from './project.ts';

const projectIn = (t: TestContext, options: Omit<ProjectOptions, 'folder'> = {}) =>
  createProject({ folder: tempFolder(t), ...options });

const withBad = trips(500).map((trip, index) => (index % 250 === 0 ? { ...trip, f0: -1000 } : trip));

describe('the report', () => {
  let browser: Promise<Browser> | undefined;
  after(async () => (await browser)?.close());

  it('tells what was done, beside the reference of the package and the run before', async (t) => {
    const project = await projectIn(t, { rows: withBad });
    await fillFile(join(project.folder, 'model', 'reference.csv'), trips(1000));
    const yaml = join(project.folder, 'model', 'model.yaml');
    writeFileSync(yaml, `${readFileSync(yaml, 'utf8')}reference: reference.csv\n`);
    const first = await project.run();
    const before: Report = JSON.parse(readFileSync(first.report.json, 'utf8'));
    assert.equal(before.before, undefined);
    assert.deepEqual(before.changes, []);
    const { summary } = before;
    assert.deepEqual([summary.rows_in, summary.rows_out, summary.rows_rejected], [500, 498, 2]);
    assert.deepEqual(summary.rejected, { OUT_OF_RANGE: 2 });
    assert.equal(before.referenceRows, 1000);
    const [score] = before.outputs;
    assert.equal(score?.count, 498);
    assert.ok(Math.abs((score?.bars ?? []).reduce((sum, bar) => sum + bar.share, 0) - 1) < 1e-9);
    assert.ok(score?.bars.every(({ reference }) => reference !== undefined));
    assert.ok(score?.now && score.reference);
    assert.equal(before.inputs.length, 16);
    assert.equal(before.judgement?.sentence, 'steady, as the training data');

    // The same again, but with another distribution.
    await project.fill(trips(800).map((trip) => ({ ...trip, f5: 4 })));
    const second = await project.run({ force: true });
    const report: Report = JSON.parse(readFileSync(second.report.json, 'utf8'));
    assert.equal(report.before?.run, first.run.id);
    assert.deepEqual(
      report.changes.find(({ what }) => what === 'rows'),
      { what: 'rows', before: 500, now: 800, relative: 0.6 },
    );
    assert.equal(report.inputs[0]?.name, 'f5', 'what has moved most comes first');
    const [f5] = report.inputs;
    assert.deepEqual([f5?.judged?.state, f5?.judgedSinceLast?.state, f5?.judged?.size], ['drift', 'drift', 'large']);
    assert.match(report.judgement?.sentence ?? '', /f5 (is|has) /);
    assert.ok(readFileSync(second.report.html, 'utf8').includes(f5?.judged?.words ?? '?'));
    assert.ok((f5?.shift ?? 0) > 0.25);
    assert.ok((report.inputs[0]?.shiftSinceLast ?? 0) > 0.25);
  });

  it('tells of inputs so far apart that their squares are past 2^53, as those of instants are', async (t) => {
    const rows = trips(300).map((trip, index) => ({ ...trip, f3: index * 1e6 }));
    const project = await projectIn(t, { rows, settings: { shard_rows: 100 } });
    const { report } = await project.run();
    const { inputs }: Report = JSON.parse(readFileSync(report.json, 'utf8'));
    const std = inputs.find(({ name }) => name === 'f3')?.now?.std ?? 0;
    assert.ok(Math.abs(std / (Math.sqrt((300 ** 2 - 1) / 12) * 1e6) - 1) < 1e-9, `${std}`);
  });

  it('is one page that asks for nothing else, and shows what strangers wrote as text', async (t) => {
    const project = await projectIn(t, { rows: withBad, settings: { max_rejected: 0 } });
    const path = join(project.folder, 'model', 'model.yaml');
    const bait = '<img src=x onerror=alert(1)>';
    writeFileSync(path, readFileSync(path, 'utf8').replace(/description: .*/, `description: '${bait}'`));
    await assert.rejects(project.run());
    const app = project.app();
    const batch = await app.batch();
    const [run] = await batch.list({ limit: 1 });
    assert.ok(run);
    const { html } = batch.reportOf(run);
    await app.close();

    browser ??= (async () =>
      playwright.launch({ executablePath: await chromium.executablePath(), args: chromium.args }))();
    const page = await (await browser).newPage();
    const asked: string[] = [];
    const troubles: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('console', (message) => troubles.push(message.text()));
    page.on('pageerror', (error) => troubles.push(String(error)));
    await page.goto(`file://${html}`);
    assert.deepEqual(asked, [`file://${html}`]);
    assert.deepEqual(troubles, []);
    const text = (await page.textContent('main')) ?? '';
    for (const part of ['trips', 'failed', 'TOO_MANY_REJECTS', '500', 'OUT_OF_RANGE', bait]) {
      assert.ok(text.includes(part), `the page lacks ${part}`);
    }
    assert.equal(await page.locator('svg[role=img]').count(), 17);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(wide, 0, 'nothing sticks out');
    await page.close();
  });
});

interface Call {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An address that keeps what is sent to it, and answers with these statuses in turn, the last one for ever. */
const listen = async (t: TestContext, ...statuses: readonly number[]) => {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      calls.push({ headers: request.headers, body });
      response.writeHead(statuses[Math.min(calls.length, statuses.length) - 1] ?? 200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { calls, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/runs?token=s3cret` };
};

const key = Buffer.alloc(32, 7);
const secret = `whsec_${key.toString('base64')}`;

describe('reactions', () => {
  it('a webhook gets the summary, signed, under one key however often it is tried', async (t) => {
    const { calls, url } = await listen(t, 503, 200);
    const project = await projectIn(t, { settings: { react: [{ webhook: { url, secret } }] } });
    const { run, reacted } = await project.run();
    assert.deepEqual(
      reacted.map(({ what }) => what),
      ['done'],
    );
    assert.equal(calls.length, 2);
    const ids = calls.map(({ headers }) => headers['webhook-id']);
    assert.deepEqual(ids, [`${run.id}-0`, `${run.id}-0`]);
    for (const { headers, body } of calls) {
      const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
      assert.equal(headers['webhook-signature'], `v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
    }
    const { type, data } = JSON.parse(calls[0]?.body ?? '');
    assert.equal(type, 'batch.finished');
    assert.deepEqual([data.run, data.rows_in, data.outputs.score.count], [run.id, 300, 300]);
    await project.run();
    assert.equal(calls.length, 2, 'a finished run is told once');
  });

  it('one that could not be told is told by the next run', async (t) => {
    const { calls, url } = await listen(t, 400, 200);
    const project = await projectIn(t, { settings: { react: [{ webhook: { url, secret } }] } });
    const first = await project.run();
    assert.equal(first.what, 'finished');
    assert.deepEqual(
      first.reacted.map(({ what, problem }) => [what, problem?.code]),
      [['failed', 'WEBHOOK_FAILED']],
    );
    assert.doesNotMatch(first.reacted[0]?.problem?.message ?? '', /s3cret/);
    const again = await project.run();
    assert.deepEqual([again.what, again.reacted.map(({ what }) => what)], ['done', ['done']]);
    assert.equal(calls.length, 2);
    assert.equal(calls[1]?.headers['webhook-id'], `${first.run.id}-0`);
  });

  it('they are due on success or on failure, and only where their condition holds', async (t) => {
    const said = (folder: string, name: string): boolean => existsSync(join(folder, name));
    const touch = (name: string): string => `cat > ${name}`;
    const react = [
      { when: 'mean(score) > 1000', command: touch('high') },
      { when: 'rows_out == 300', command: touch('whole') },
      { on: 'failure', command: touch('failed') },
    ];
    const project = await projectIn(t, { settings: { react } });
    const { reacted } = await project.run();
    assert.deepEqual(
      reacted.map(({ what }) => what),
      ['not due', 'done', 'not due'],
    );
    assert.deepEqual(
      ['high', 'whole', 'failed'].map((name) => said(project.folder, name)),
      [false, true, false],
    );
    assert.equal(JSON.parse(readFileSync(join(project.folder, 'whole'), 'utf8')).rows_out, 300);
    await project.fill(withBad.slice(0, 20));
    await assert.rejects(project.run({ force: true }));
    assert.ok(said(project.folder, 'failed'));
    const told = JSON.parse(readFileSync(join(project.folder, 'failed'), 'utf8'));
    assert.deepEqual([told.status, told.problem.code], ['failed', 'TOO_MANY_REJECTS']);
  });

  it('a command that fails is told with its last words', async (t) => {
    const command = [process.execPath, '-e', 'console.error("no list today"); process.exit(3)'];
    const project = await projectIn(t, { settings: { react: [{ command }] } });
    const { what, reacted } = await project.run();
    assert.equal(what, 'finished');
    assert.equal(reacted[0]?.problem?.code, 'REACTION_FAILED');
    assert.match(reacted[0]?.problem?.message ?? '', /ended with 3: no list today/);
  });

  it('one that cannot work is refused before anything is scored', async (t) => {
    const project = await projectIn(t, { settings: { react: [{ when: 'mean(scor) > 1', command: 'true' }] } });
    await assert.rejects(project.run(), /react\[0\]\.when is not a condition.*scor/);
    assert.equal(await project.read(), undefined);
  });
});
