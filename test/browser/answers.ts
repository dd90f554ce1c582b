/** Answers of the own runtime in a page of Chromium, as digests of their bits. */
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { openBrowser, openSite, type Site } from './browser.ts';

type Digests = typeof import('../runtimes/trees/digests.ts');
type Window = typeof globalThis & { digests: Digests };

export interface BrowserAnswers {
  /** The digest that `digestOfGraph` or `digestOfTreeFile` has there. */
  digest(of: 'digestOfGraph' | 'digestOfTreeFile', file: Uint8Array, rows: number): Promise<string>;
  close(): Promise<void>;
}

const bundle = async (): Promise<string> => {
  const entry = join(import.meta.dirname, '..', 'runtimes', 'trees', 'digests.ts');
  const options = { bundle: true, format: 'esm', platform: 'browser', target: 'es2024', write: false } as const;
  const { outputFiles } = await build({ ...options, entryPoints: [entry] });
  return outputFiles[0].text;
};

/** The caller closes it. */
export const openBrowserAnswers = async (): Promise<BrowserAnswers> => {
  const script = 'window.digests = await import("/digests.js"); document.title = "ready";';
  const site: Site = await openSite(
    new Map<string, Uint8Array | string>([
      ['/page.html', `<!doctype html><script type="module">${script}</script>`],
      ['/digests.js', await bundle()],
    ]),
  );
  const browser: Browser = await openBrowser();
  const page = await browser.newPage();
  await page.goto(`${site.url}/page.html`);
  await page.waitForFunction(() => document.title === 'ready');
  return {
    digest(of, file, rows) {
      site.files.set('/model', file);
      return page.evaluate(
        async ([name, count]) => {
          const bytes = new Uint8Array(await (await fetch('/model', { cache: 'no-store' })).arrayBuffer());
          return (window as unknown as Window).digests[name](bytes, count);
        },
        [of, rows] as const,
      );
    },
    async close() {
      await browser.close();
      await site.close();
    },
  };
};
