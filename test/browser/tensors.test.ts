/** Tensors of any length, and numbers of 16 bits, in a real browser: answered as on a server. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { bundleEdge } from '../../scripts/edge-bundle.ts';
import { createApp } from '../../src/app.ts';
import type { Answer, Manifest } from '../../src/core/types.ts';
import { toleranceOf } from '../../src/package/golden.ts';
import { initFolder } from '../../src/package/init-folder.ts';
import { exactJson } from '../../src/text/exact-json.ts';
import { parseJson } from '../../src/text/json.ts';
import { type Cell, compare, readHeldOut, rowsFor } from '../newcomer/held-out.ts';
import { halvesModel, lengthsModel, lengthsRows } from '../tensor-models.ts';
import { openBrowser, openSite, type Site } from './browser.ts';

type Edge = typeof import('../../src/modes/edge/edge.ts');
type Window = typeof globalThis & { edge: Edge };

const torch = join(import.meta.dirname, '../fixtures/torch');
const script = 'window.edge = await import("/edge.js"); document.title = "ready";';

describe('tensors in a real browser', { timeout: 120_000 }, () => {
  const home = mkdtempSync(join(tmpdir(), 'millrace-edge-tensors-'));
  const app = createApp({ cwd: home, env: { HOME: home } });
  const manifests = new Map<string, Manifest>();
  let browser: Browser;
  let site: Site;
  let page: Page;

  before(async () => {
    const dist = dirname(createRequire(import.meta.url).resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm'));
    const pages = new Map<string, Uint8Array | string>([
      ['/page.html', `<!doctype html><script type="module">${script}</script>`],
    ]);
    for (const [name, code] of await bundleEdge({ within: true })) pages.set(`/${name}`, code);
    for (const file of ['ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'])
      pages.set(`/wasm/${file}`, await readFile(join(dist, file)));
    const folders = new Map([
      ['lengths', lengthsModel(home)],
      ['halves', halvesModel(home)],
    ]);
    for (const name of ['encoder', 'float16']) {
      const folder = join(home, name);
      cpSync(join(torch, name), folder, { recursive: true });
      await initFolder({ model: join(folder, 'model.onnx'), folder, force: false, cwd: home });
      folders.set(name, folder);
    }
    for (const [name, folder] of folders) {
      const packed = await app.pack(folder);
      pages.set(`/${name}.tar`, packed.tar);
      manifests.set(name, packed.package.manifest);
    }
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

  /** Rows in, answers out, as JSON in which an integer past 2^53 is a text that ends in n. */
  const scoreThere = (name: string, rows: readonly unknown[]): Promise<readonly string[]> =>
    page.evaluate(
      async ([file, input]) => {
        const scorer = await (window as unknown as Window).edge.load(file as string, { wasm: '/wasm/' });
        const answers = await scorer.score(input as readonly unknown[]);
        await scorer.close();
        const told = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value);
        return answers.map((answer) => JSON.stringify(answer, told));
      },
      [`/${name}.tar`, rows] as const,
    );

  it('of any length get each its own answer, with the bits of the server', async () => {
    const rows = lengthsRows.map(({ row }) => parseJson(row));
    const there = await scoreThere('lengths', rows);
    const outputs = there.map((text) => {
      const { output, error } = JSON.parse(text) as Answer;
      return error === undefined ? exactJson(output).replace(/"(\d+)n"/g, '$1') : error.code;
    });
    assert.deepEqual(
      outputs,
      lengthsRows.map(({ answer }) => answer ?? 'BAD_SHAPE'),
    );
  });

  it('of float16 and bfloat16 are rounded once, as on the server', async () => {
    const rows = [
      { half: [1.1, 65504], brain: [1.1, 3e38] },
      { half: [2 ** -24, 0.1], brain: [1e-40, -0.1] },
      { half: [65520, 0], brain: [0, 0] },
    ];
    const scorer = await app.scorer(join(home, 'halves'));
    const here = await scorer.score(rows);
    await scorer.close();
    assert.deepEqual(
      (await scoreThere('halves', rows)).map((text) => JSON.parse(text)),
      here,
    );
    assert.equal(here[2].error?.code, 'OUT_OF_RANGE');
  });

  for (const name of ['encoder', 'float16'])
    it(`PyTorch's ${name} answers as PyTorch does`, async () => {
      const manifest = manifests.get(name) as Manifest;
      const heldOut = readHeldOut(join(torch, name, 'held-out.json'));
      const answers = (await scoreThere(name, rowsFor(heldOut, manifest.inputs))).map(
        (text) => (JSON.parse(text) as Answer).output ?? {},
      );
      for (const [output, expected] of Object.entries(heldOut.answers)) {
        const got = answers.map((answer) => answer[output] as Cell | undefined);
        assert.equal(compare(output, got, expected, toleranceOf(manifest)).problem, undefined);
      }
    });
});
