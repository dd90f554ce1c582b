/** The report of a watch in a real browser: readable on wide and narrow screens, and nothing leaves the page. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { monitorPage } from '../../src/monitor/report/page.ts';
import { type ReportSize, sampleReport } from '../monitor/report/samples.ts';
import { tempFolder } from '../temp-folder.ts';
import { openBrowser } from './browser.ts';

const sizes: Readonly<Record<'little' | 'much', ReportSize>> = {
  little: { days: 1, fields: 1, unlabelled: 1 },
  much: { days: 60, fields: 200, unlabelled: 3 },
};

describe('the report of a watch, in a browser', () => {
  let browser: Browser;
  before(async () => {
    browser = await openBrowser();
  });
  after(() => browser.close());

  /** The page of so much data, what it asked for beside itself, and what the browser complains of. */
  const open = async (t: TestContext, size: ReportSize, width: number) => {
    const path = join(tempFolder(t), 'report.html');
    writeFileSync(path, monitorPage(sampleReport(size)));
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    const asked: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(pathToFileURL(path).href);
    return { page, asked, complaints };
  };

  for (const [name, size] of Object.entries(sizes)) {
    for (const width of [1200, 390]) {
      it(`asks for nothing and fits ${width} pixels, with ${name} data`, async (t) => {
        const { page, asked, complaints } = await open(t, size, width);
        const tall = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
        assert.ok(tall[0] <= tall[1], `it is ${tall[0]} wide`);
        assert.deepEqual([asked.length, complaints], [1, []]);
        assert.equal(await page.locator('h1').textContent(), 'loans <x>');
      });
    }
  }

  it('lets no request leave, whatever might come to stand in it', async (t) => {
    const { page, complaints } = await open(t, sizes.little, 800);
    const failed = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const image = document.createElement('img');
          image.onerror = () => resolve('failed');
          image.src = 'http://127.0.0.1:1/elsewhere.png';
          document.body.append(image);
        }),
    );
    assert.equal(failed, 'failed');
    assert.match(complaints.join(), /Content Security Policy/);
  });

  it('shows what was measured with its interval and coverage, and dashed what is estimated, with what that assumes', async (t) => {
    const { page } = await open(t, sizes.much, 1200);
    const chart = page.locator('svg[aria-label="off by, on average, in minutes of minutes over time"]');
    assert.equal(await chart.locator('.whisker').count(), 57);
    assert.equal(await chart.locator('.whisker.bad').count(), 1);
    assert.equal(await chart.locator('.estimate').count(), 0);
    const repaid = page.locator('svg[aria-label="share that is right of repaid over time"]');
    const dashes = await repaid.locator('.estimate').evaluate((line) => getComputedStyle(line).strokeDasharray);
    assert.notEqual(dashes, 'none');
    assert.equal(await repaid.locator('.guess').count(), 60);
    const text = (await page.locator('main').textContent()) ?? '';
    for (const words of [
      /needs a look: inputs and right answers and service level/,
      /MAE \(mean absolute error\)\s*5\.\d+\s*4\.\d+ to 5\.\d+/,
      /90 % in \w+ 2026-11-26/,
      /Estimated, Sun 2026-11-29: accuracy 89 %, .*it is assumed that scores still mean/,
      /borough <b>Queens<\/b>\s*120\s*4\s*3\.6 to 4\.4\s*worse than the rest/,
      /99 % of calls within 50 ms\s*not kept in the last 3 days/,
      /last hour\s*2,000\s*40\s*2 times too fast/,
    ])
      assert.ok(words.test(text), String(words));
  });
});
