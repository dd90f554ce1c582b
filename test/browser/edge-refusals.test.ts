import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Edge, type EdgeSite, openEdgeSite, refusalThere, scoreThere } from './edge-site.ts';

type Window = typeof globalThis & { edge: Edge };

describe('what a page is told that millrace/edge refuses', { timeout: 120_000 }, () => {
  let edge: EdgeSite;
  before(async () => {
    edge = await openEdgeSite({ 'ride-tip': './examples/taxi/models/ride-tip' });
  });
  after(() => edge?.close());

  it('is the file of a package in which one byte is another', async () => {
    const tar = Uint8Array.from(edge.site.files.get('/ride-tip.tar') as Uint8Array);
    tar[Buffer.from(tar).indexOf('"ride-tip', 1024) + 4] ^= 1;
    edge.site.files.set('/flipped.tar', tar);
    const { page } = await edge.open();
    assert.match(
      await refusalThere(page, '/flipped.tar'),
      /^DAMAGED_PACKAGE: (model\.json|index\.json|the model config)/,
    );
  });

  it('is another package than the one whose digest it names, one too large, and one that is not there', async () => {
    const { page } = await edge.open();
    const codes = await page.evaluate(async () => {
      const { load } = (window as unknown as Window).edge;
      const codeOf = (promise: Promise<unknown>) =>
        promise.then(
          () => 'loaded',
          (error: { code?: string }) => error.code,
        );
      return [
        await codeOf(load('/ride-tip.tar', { wasm: '/wasm/', digest: `sha256:${'0'.repeat(64)}` })),
        await codeOf(load('/ride-tip.tar', { wasm: '/wasm/', maxBytes: 1000 })),
        await codeOf(load('/nothing.tar', { wasm: '/wasm/' })),
      ];
    });
    assert.deepEqual(codes, ['DAMAGED_PACKAGE', 'TOO_LARGE', 'FILE_NOT_FOUND']);
  });

  const without = async (path: string, ask: () => Promise<unknown>): Promise<void> => {
    const code = edge.site.files.get(path) as string;
    edge.site.files.delete(path);
    try {
      await ask();
    } finally {
      edge.site.files.set(path, code);
    }
  };

  it('is, by a code, which of its files cannot be loaded', async () => {
    const { page } = await edge.open();
    await without('/datetimes.js', async () => {
      const told = await refusalThere(page, '/ride-tip.tar');
      assert.match(told, /^NOT_LOADED: .*datetimes\.js.*Serve all its files/);
    });
  });

  it('needs the whole, which is loaded with the first row that is refused', async () => {
    const { page, loaded } = await edge.open();
    const [{ input }] = edge.packages.get('ride-tip')?.examples ?? [];
    assert.ok((await scoreThere(page, 'ride-tip', [input])).answers[0].output);
    assert.ok(!loaded.has('/whole.js'));
    await without('/whole.js', async () => {
      await assert.rejects(scoreThere(page, 'ride-tip', [{}]), /A part of Millrace cannot be loaded: .*whole\.js/);
    });
    const { page: second } = await edge.open();
    const { answers } = await scoreThere(second, 'ride-tip', [{}, input]);
    assert.equal(answers[0].error?.code, 'MISSING_FIELD');
    assert.ok(answers[1].output);
  });
});
