/** Packed models, millrace/edge and pages that have it, on a server of this machine, and a browser that opens them. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { bundleEdge } from '../../scripts/edge-bundle.ts';
import { createApp } from '../../src/app.ts';
import type { Answer } from '../../src/core/types.ts';
import { initFolder } from '../../src/package/init-folder.ts';
import type { Package } from '../../src/package/layout.ts';
import { openBrowser, openSite, type Site } from './browser.ts';

export const root = join(import.meta.dirname, '../..');
export const taxi = ['ride-duration', 'ride-fare', 'ride-tip'] as const;
export const examples: Readonly<Record<string, string>> = {
  ...Object.fromEntries(taxi.map((name) => [name, `./examples/taxi/models/${name}`])),
  churn: './examples/churn/models/churn',
};

export type Edge = typeof import('../../src/modes/edge/edge.ts');
type Window = typeof globalThis & { edge: Edge };

export interface Scored {
  readonly digest: string;
  readonly answers: readonly Answer[];
}

export interface EdgeSite {
  readonly app: ReturnType<typeof createApp>;
  readonly site: Site;
  readonly browser: Browser;
  readonly packages: ReadonlyMap<string, Package>;
  /** A folder of the caller's own, gone with the site. */
  readonly folder: string;
  /** Packs a model and serves it as `/<name>.tar`. */
  pack(name: string, folder: string): Promise<void>;
  /** Makes a package of a model file and serves it. Resolves to its folder. */
  put(name: string, model: string): Promise<string>;
  /** A new page that has millrace/edge; what it loads stands in `loaded`. */
  open(path?: '/page.html' | '/strict.html'): Promise<{ readonly page: Page; readonly loaded: ReadonlySet<string> }>;
  close(): Promise<void>;
}

const script = 'window.edge = await import("/edge.js"); document.title = "ready";';
/** Without 'wasm-unsafe-eval', a browser compiles no WebAssembly. */
const policy = `<meta http-equiv="Content-Security-Policy" content="script-src 'self'">`;

const filesOfPages = async (): Promise<Map<string, Uint8Array | string>> => {
  const dist = dirname(createRequire(import.meta.url).resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm'));
  const files = new Map<string, Uint8Array | string>([
    ['/page.html', `<!doctype html><script type="module">${script}</script>`],
    ['/strict.html', `<!doctype html>${policy}<script type="module" src="/strict.js"></script>`],
    ['/strict.js', script],
  ]);
  for (const [name, code] of await bundleEdge({ within: true })) files.set(`/${name}`, code);
  for (const file of ['ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'])
    files.set(`/wasm/${file}`, await readFile(join(dist, file)));
  return files;
};

export const openEdgeSite = async (models: Readonly<Record<string, string>>): Promise<EdgeSite> => {
  const app = createApp({ cwd: root, env: { HOME: '/nonexistent', MILLRACE_REGISTRY: 'sqlite::memory:' } });
  const folder = await mkdtemp(join(tmpdir(), 'millrace-edge-'));
  const packages = new Map<string, Package>();
  const site = await openSite(await filesOfPages());
  const browser = await openBrowser();
  const pack = async (name: string, from: string): Promise<void> => {
    const packed = await app.pack(from);
    site.files.set(`/${name}.tar`, packed.tar);
    packages.set(name, packed.package);
  };
  for (const [name, from] of Object.entries(models)) await pack(name, from);
  return {
    app,
    site,
    browser,
    packages,
    folder,
    pack,
    async put(name, model) {
      const made = join(folder, name);
      await initFolder({ model, folder: made, force: false, cwd: root });
      await pack(name, made);
      return made;
    },
    async open(path = '/page.html') {
      const page = await browser.newPage();
      const loaded = new Set<string>();
      page.on('request', (request) => loaded.add(new URL(request.url()).pathname));
      await page.goto(`${site.url}${path}`);
      await page.waitForFunction(() => document.title === 'ready');
      return { page, loaded };
    },
    async close() {
      await browser.close();
      await site.close();
      await app.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
};

/** Scores rows in a page, with a package that it fetches and verifies itself. */
export const scoreThere = (page: Page, name: string, rows: readonly unknown[]): Promise<Scored> =>
  page.evaluate(
    async ([file, input]) => {
      const scorer = await (window as unknown as Window).edge.load(file as string, { wasm: '/wasm/' });
      const answers = await scorer.score(input as readonly unknown[]);
      await scorer.close();
      return { digest: scorer.digest, answers };
    },
    [`/${name}.tar`, rows] as const,
  );

/** What a page is told where it cannot load a package: `CODE: message`. */
export const refusalThere = (page: Page, path: string): Promise<string> =>
  page.evaluate(async (url) => {
    const { load, MillraceError } = (window as unknown as Window).edge;
    try {
      await load(url, { wasm: '/wasm/' });
      return 'loaded';
    } catch (error) {
      return error instanceof MillraceError ? `${error.code}: ${error.message}` : `a stranger: ${error}`;
    }
  }, path);
