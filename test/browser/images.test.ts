/** Images in a real browser: the samples, and so the answers, of a server. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { bundleEdge } from '../../scripts/edge-bundle.ts';
import { createApp } from '../../src/app.ts';
import type { Answer } from '../../src/core/types.ts';
import { openBrowser, openSite, type Site } from './browser.ts';

type Edge = typeof import('../../src/modes/edge/edge.ts');
type Window = typeof globalThis & { edge: Edge };

const fixtures = join(import.meta.dirname, '../fixtures');
const folder = join(fixtures, 'models/image-means');
const photo = (name: string) => ({ photo: readFileSync(join(fixtures, 'images', name)).toString('base64') });
const script = 'window.edge = await import("/edge.js"); document.title = "ready";';

describe('images in a real browser', { timeout: 120_000 }, () => {
  const home = mkdtempSync(join(tmpdir(), 'millrace-edge-images-'));
  const app = createApp({ cwd: home, env: { HOME: home } });
  let browser: Browser;
  let site: Site;
  let page: Page;
  before(async () => {
    const pages = new Map<string, Uint8Array | string>([
      ['/page.html', `<!doctype html><script type="module">${script}</script>`],
      ['/model.tar', (await app.pack(folder)).tar],
    ]);
    for (const [name, code] of await bundleEdge({ within: true })) pages.set(`/${name}`, code);
    site = await openSite(pages);
    browser = await openBrowser();
    page = await browser.newPage();
    await page.goto(`${site.url}/page.html`);
    await page.waitForFunction(() => document.title === 'ready');
  });
  after(async () => {
    await browser?.close();
    await site?.close();
    await app.close();
    await rm(home, { recursive: true, force: true });
  });
  const scoreThere = (rows: readonly unknown[]): Promise<readonly Answer[]> =>
    page.evaluate(async (input) => {
      const scorer = await (window as unknown as Window).edge.load('/model.tar');
      const answers = await scorer.score(input);
      await scorer.close();
      return answers;
    }, rows);

  it('are answered with the bits of a server, whatever format they have', async () => {
    const names = ['rgb-420.jpg', 'rgb-progressive.jpg', 'palette.png', 'interlaced.png', 'rgb.webp', 'lossless.webp'];
    const rows = [...names, 'rgb.bmp', 'lzw.tiff', 'rgb.dcm'].map(photo);
    const scorer = await app.scorer(folder);
    const expected = await scorer.score(rows);
    await scorer.close();
    assert.ok(expected.every(({ error }) => error === undefined));
    assert.deepEqual(await scoreThere(rows), expected);
  });

  it('are refused as on a server', async () => {
    const answers = await scoreThere([photo('half.jpg'), photo('cmyk.jpg'), photo('bomb.png'), photo('rgb.png')]);
    assert.deepEqual(
      answers.map(({ error }) => error?.code),
      ['BAD_IMAGE', 'BAD_IMAGE', 'IMAGE_TOO_LARGE', undefined],
    );
    assert.match(String(answers[1].error?.message), /photo: Expected a JPEG file of grey or RGB, got one of CMYK/);
  });
});
