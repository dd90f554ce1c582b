import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { openBrowser } from '../browser/browser.ts';
import { example, passingModel, writeTable } from '../evaluation/tables.ts';
import { runCli } from '../run-cli.ts';
import { tempFolder } from '../temp-folder.ts';

const root = join(import.meta.dirname, '..', '..');

test('docs/EVALUATE.md shows what the command prints', async (t) => {
  const cwd = example(tempFolder(t), 'churn');
  const page = readFileSync(join(root, 'docs/EVALUATE.md'), 'utf8');
  const [, line = '', shown = ''] = /```\n\$ millrace ([^\n]*)\n([\s\S]*?)```/.exec(page) ?? [];
  const { code, stdout, stderr } = await runCli(line.split(' '), { cwd });
  assert.equal(code, 0, stderr);
  assert.equal(`${stdout}${stderr}`, shown);
});

test('a comparison names both versions and says what the second one is', async (t) => {
  const cwd = example(tempFolder(t), 'taxi');
  const argv = ['evaluate', 'models/ride-tip', 'models/ride-fare', '--in', 'held-out.csv', '--truth', 'dollars=fare'];
  const { code, stdout } = await runCli(argv, { cwd });
  assert.equal(code, 0);
  assert.match(stdout, /metric +ride-tip@1\.0\.0 +ride-fare@1\.0\.0 +difference +95 % of it +ride-fare@1\.0\.0 is/);
  assert.match(stdout, /MAE .* better$/m);
});

test('rows that are refused are said, and the exit code is 1; JSON has all figures', async (t) => {
  const cwd = tempFolder(t);
  const outputs = { minutes: 'kind: number, from: y, at: 0' };
  passingModel(cwd, { name: 'ride', inputs: { guess: 'kind: number, max: 20' }, outputs });
  const rows = Array.from({ length: 30 }, (_, at) => ({ guess: at, truth: at }));
  const [input] = [writeTable(cwd, 'held-out.csv', rows)];
  const argv = ['evaluate', './ride-1.0.0', '--in', input, '--truth', 'truth'];
  const told = await runCli(argv, { cwd });
  assert.equal(told.code, 1);
  assert.match(told.stderr, /^30 rows of .*held-out\.csv, 21 judged$/m);
  assert.match(told.stderr, /^refused by \.\/ride-1\.0\.0, and left out for all: OUT_OF_RANGE 9$/m);
  const json = await runCli([...argv, '--json'], { cwd });
  const { targets, versions } = JSON.parse(json.stdout);
  assert.deepEqual([json.code, targets[0].rows, versions[0].refused], [1, 21, { OUT_OF_RANGE: 9 }]);
  const piped = await runCli(['evaluate', './ride-1.0.0', '--in-format', 'csv', '--truth', 'truth', '--json'], {
    cwd,
    stdin: readFileSync(input),
  });
  assert.equal(JSON.parse(piped.stdout).targets[0].rows, 21);
});

for (const [what, argv, message] of [
  ['no truth', [], /Say which column holds what was true/],
  ['several truths without outputs', ['--truth', 'a', '--truth', 'b=c'], /Several truths are named with their outputs/],
  ['a page that is no page', ['--truth', 'truth', '-o', 'report.pdf'], /The report is a page/],
  ['no such file', ['--truth', 'truth', '--in', 'absent.csv'], /absent\.csv/],
  ['a quantile that is none', ['--truth', 'truth', '--quantile', '90'], /Expected a number between 0 and 1/],
] as const) {
  test(`${what} is told with exit code 2`, async (t) => {
    const cwd = tempFolder(t);
    passingModel(cwd, {
      name: 'ride',
      inputs: { guess: 'kind: number' },
      outputs: { minutes: 'kind: number, from: y, at: 0' },
    });
    writeTable(
      cwd,
      'held-out.csv',
      Array.from({ length: 3 }, (_, at) => ({ guess: at, truth: at })),
    );
    const { code, stderr } = await runCli(['evaluate', './ride-1.0.0', '--in', 'held-out.csv', ...argv], { cwd });
    assert.equal(code, 2);
    assert.match(stderr, message);
  });
}

test('the page shows figures, plots and slices by itself, in a browser, and is not overwritten', async (t) => {
  const folder = tempFolder(t);
  const cwd = example(folder, 'churn');
  const argv = [
    'evaluate',
    'models/churn',
    '--in',
    'held-out.csv',
    '--truth',
    'Churn',
    '--by',
    'Contract',
    '-o',
    'report.html',
  ];
  const { code, stderr } = await runCli(argv, { cwd });
  assert.equal(code, 0, stderr);
  const browser = await openBrowser();
  t.after(() => browser.close());
  const page = await browser.newPage();
  const asked: string[] = [];
  page.on('request', (request) => void asked.push(request.url()));
  const url = pathToFileURL(join(cwd, 'report.html')).href;
  await page.goto(url);
  assert.deepEqual(asked, [url]);
  assert.deepEqual(await page.locator('.field h3').allTextContents(), ['ROC', 'Calibration', 'Confusion']);
  assert.match((await page.locator('.tiles').textContent()) ?? '', /AUC0\.8362/);
  assert.equal(await page.locator('.whiskers li').count(), 3);
  assert.equal(await page.locator('.whiskers li.marked').count(), 1);
  await page.setViewportSize({ width: 380, height: 800 });
  const [wide, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(wide <= screen, `${wide} > ${screen}`);
  const cut = readFileSync(join(cwd, 'report.html'), 'utf8').slice(0, 100);
  const { writeFileSync } = await import('node:fs');
  writeFileSync(join(cwd, 'report.html'), cut);
  assert.match((await runCli(argv, { cwd })).stderr, /FILE_EXISTS/);
  assert.equal((await runCli([...argv, '--force'], { cwd })).code, 0);
});
