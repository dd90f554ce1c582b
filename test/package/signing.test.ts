import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openLayout, toSignedLayout } from '../../src/package/layout.ts';
import { readLayoutFolder } from '../../src/package/layout-folder.ts';
import { isSignedBy, keyIdIn, newKeyPair, privateKey, publicKey, signPackage } from '../../src/package/signing.ts';
import { readTar, writeTar } from '../../src/package/tar.ts';
import { tempFolder } from '../temp-folder.ts';
import { packed, writeModel } from './model-folder.ts';

const pair = () => {
  const { secret, open, id } = newKeyPair();
  return { secret: privateKey(secret, 'a'), open: publicKey(open, 'a'), id };
};

const flipped = (bytes: Uint8Array, at: number): Uint8Array => {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ (1 << (at % 8));
  return copy;
};

describe('a signature of a package', () => {
  it('holds for that package and that key alone', async (t) => {
    const { package: made } = await packed(writeModel(tempFolder(t)));
    const [ada, bob] = [pair(), pair()];
    const envelope = signPackage(made, ada.secret);
    assert.equal(keyIdIn(envelope), ada.id);
    assert.ok(isSignedBy(made, envelope, ada.open));
    assert.ok(!isSignedBy(made, envelope, bob.open));
    const other = { ...made, digest: made.digest.replace(/.$/, (last) => (last === '0' ? '1' : '0')) };
    assert.ok(!isSignedBy(other, envelope, ada.open));
  });

  it('is refused with any byte of it flipped', async (t) => {
    const { package: made } = await packed(writeModel(tempFolder(t)));
    const { secret, open } = pair();
    const envelope = Buffer.from(signPackage(made, secret), 'latin1');
    for (let at = 0; at < envelope.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const changed = Buffer.from(envelope);
        changed[at] = (changed[at] ?? 0) ^ (1 << bit);
        assert.ok(!isSignedBy(made, changed.toString('latin1'), open), `bit ${bit} of byte ${at}`);
      }
    }
  });

  it('is refused for a package with any byte of its manifest flipped', async (t) => {
    const { package: made } = await packed(writeModel(tempFolder(t)));
    const { secret, open } = pair();
    const layout = await toSignedLayout({ ...made, signatures: [signPackage(made, secret)] });
    for (const digest of [made.digest, made.digests.get('model.json') as string]) {
      const path = `blobs/${digest.replace(':', '/')}`;
      const bytes = layout.get(path) as Uint8Array;
      for (let at = 0; at < bytes.length; at++)
        await assert.rejects(openLayout(new Map([...layout, [path, flipped(bytes, at)]])), { code: 'DAMAGED_PACKAGE' });
    }
    const [envelope = ''] = (await openLayout(layout)).signatures ?? [];
    assert.ok(isSignedBy(made, envelope, open));
  });

  it('travels with the package, as a file and as a folder, and leaves its digest as it is', async (t) => {
    const folder = tempFolder(t);
    const { package: made } = await packed(writeModel(folder));
    const { secret } = pair();
    const signatures = [signPackage(made, secret), signPackage(made, pair().secret)];
    const layout = await toSignedLayout({ ...made, signatures });
    const opened = await openLayout(readTar(writeTar(layout)));
    assert.deepEqual([opened.digest, opened.signatures], [made.digest, signatures]);
    assert.deepEqual([...opened.blobs.keys()].sort(), [...made.blobs.keys()].sort());
    for (const [path, bytes] of layout) {
      mkdirSync(join(folder, 'oci', path, '..'), { recursive: true });
      writeFileSync(join(folder, 'oci', path), bytes);
    }
    assert.deepEqual((await openLayout(await readLayoutFolder(join(folder, 'oci')))).signatures, signatures);
  });

  it('that was changed on its way is told as damage of the package file', async (t) => {
    const { package: made } = await packed(writeModel(tempFolder(t)));
    const layout = await toSignedLayout({ ...made, signatures: [signPackage(made, pair().secret)] });
    for (const [path, bytes] of layout) {
      if (!path.startsWith('blobs/') || made.blobs.has(`sha256:${path.slice('blobs/sha256/'.length)}`)) continue;
      if (Buffer.from(bytes).toString() === '{}') continue;
      for (const at of [0, bytes.length >> 1, bytes.length - 1])
        await assert.rejects(openLayout(new Map([...layout, [path, flipped(bytes, at)]])), { code: 'DAMAGED_PACKAGE' });
    }
  });

  it('is made with a key for it, and no other', () => {
    for (const text of ['', 'key', newKeyPair().open])
      assert.throws(() => privateKey(text, 'ada.key'), { code: 'USAGE' });
    assert.throws(() => publicKey(newKeyPair().secret, 'trust.ada'), { code: 'USAGE' });
  });
});
