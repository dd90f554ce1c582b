import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { MillraceError } from '../../src/core/errors.ts';
import { type Blobs, digestOf } from '../../src/store/blobs.ts';
import { bytesOf } from './packages.ts';

/** An empty blob store, and how to harm what it holds behind its back. */
export interface BlobsUnderTest {
  readonly blobs: Blobs;
  /** Opens the same store again, as another process would. */
  again(): Promise<Blobs>;
  /** Replaces the stored bytes. */
  damage(digest: string, bytes: Uint8Array): Promise<void>;
}

const random = (length: number): Uint8Array => {
  const bytes = new Uint8Array(length);
  for (let i = 0, state = 1; i < length; i++) {
    state = (state * 48271) % 2147483647;
    bytes[i] = state;
  }
  return bytes;
};

const damaged = (digest: string) => (error: MillraceError) =>
  error.code === 'DAMAGED_PACKAGE' && error.message.includes(digest);

/** What every blob store promises. */
export const blobsContract = (name: string, open: () => Promise<BlobsUnderTest>): void => {
  describe(`blobs in ${name}`, () => {
    for (const length of [0, 1, 3 * 1024 * 1024 + 5]) {
      it(`takes ${length} bytes piece by piece, and gives them as a file`, async () => {
        const { blobs, again } = await open();
        const bytes = random(length);
        const digest = digestOf(bytes);
        const piece = new Uint8Array(700_000);
        const large = {
          digest,
          size: length,
          async *read() {
            for (let at = 0; at < length; at += piece.length) {
              const part = bytes.subarray(at, at + piece.length);
              // As a reader does that has one buffer for all pieces.
              piece.set(part);
              yield piece.subarray(0, part.length);
            }
          },
        };
        await blobs.putLarge(large);
        await blobs.putLarge(large);
        assert.deepEqual(Buffer.from(await blobs.get(digest)), Buffer.from(bytes));
        for (const store of [blobs, await again(), await again()]) {
          const { path, size } = await store.file(digest);
          assert.deepEqual([size, digestOf(await readFile(path))], [length, digest]);
        }
      });
    }

    it('refuses pieces that are not what their digest says, and keeps nothing of them', async () => {
      const { blobs } = await open();
      const digest = digestOf(random(9));
      const large = {
        digest,
        size: 9,
        async *read() {
          yield random(8);
        },
      };
      await assert.rejects(blobs.putLarge(large), damaged(digest));
      await assert.rejects(blobs.file(digest), damaged(digest));
      assert.equal(await blobs.has(digest), false);
    });

    it('gives no file that is damaged, and mends it', async () => {
      const { blobs, damage } = await open();
      const bytes = random(5000);
      const digest = digestOf(bytes);
      await blobs.put(digest, bytes);
      await damage(digest, random(4999));
      await assert.rejects(blobs.file(digest), damaged(digest));
      await blobs.putLarge({
        digest,
        size: 5000,
        async *read() {
          yield bytes;
        },
      });
      assert.equal((await blobs.file(digest)).size, 5000);
    });

    for (const length of [0, 1, 1024 * 1024 - 1, 1024 * 1024, 1024 * 1024 + 1, 5_000_000]) {
      it(`gives back ${length} bytes as they were`, async () => {
        const { blobs, again } = await open();
        const bytes = random(length);
        await blobs.put(digestOf(bytes), bytes);
        assert.deepEqual(Buffer.from(await blobs.get(digestOf(bytes))), Buffer.from(bytes));
        const other = await again();
        assert.equal(digestOf(await other.get(digestOf(bytes))), digestOf(bytes));
      });
    }

    it('lists what it holds, sorted, and nothing else', async () => {
      const { blobs } = await open();
      assert.deepEqual(await blobs.list(), []);
      const digests: string[] = [];
      for (const text of ['a', 'b', 'c', 'a']) {
        await blobs.put(digestOf(bytesOf(text)), bytesOf(text));
        digests.push(digestOf(bytesOf(text)));
      }
      assert.deepEqual(await blobs.list(), [...new Set(digests)].sort());
    });

    it('knows what it has', async () => {
      const { blobs } = await open();
      const digest = digestOf(bytesOf('here'));
      assert.equal(await blobs.has(digest), false);
      await blobs.put(digest, bytesOf('here'));
      assert.equal(await blobs.has(digest), true);
    });

    it('refuses bytes that are not what their digest says, and keeps nothing of them', async () => {
      const { blobs } = await open();
      const digest = digestOf(bytesOf('promised'));
      await assert.rejects(blobs.put(digest, bytesOf('delivered')), damaged(digest));
      assert.equal(await blobs.has(digest), false);
      assert.deepEqual(await blobs.list(), []);
    });

    it('refuses to hand out a damaged blob, and mends it when it is put again', async () => {
      const { blobs, damage } = await open();
      const bytes = random(1_500_000);
      const digest = digestOf(bytes);
      await blobs.put(digest, bytes);
      const flipped = Uint8Array.from(bytes);
      flipped[1_200_000] = (flipped[1_200_000] ?? 0) ^ 1;
      for (const harmed of [flipped, bytes.subarray(0, 1_100_000), new Uint8Array(0)]) {
        await damage(digest, harmed);
        await assert.rejects(blobs.get(digest), damaged(digest));
      }
      await blobs.put(digest, bytes);
      assert.equal(digestOf(await blobs.get(digest)), digest);
    });

    it('names a blob that is missing', async () => {
      const { blobs } = await open();
      const digest = digestOf(bytesOf('absent'));
      await assert.rejects(blobs.get(digest), damaged(digest));
    });

    it('takes nothing but digests for names', async () => {
      const { blobs } = await open();
      const hex = 'a'.repeat(64);
      for (const digest of ['', 'x', '../../etc/passwd', `sha256:../${hex}`, `sha256:${hex}0`, `SHA256:${hex}`, hex]) {
        await assert.rejects(blobs.get(digest), { code: 'DAMAGED_PACKAGE' });
        await assert.rejects(blobs.has(digest), { code: 'DAMAGED_PACKAGE' });
        await assert.rejects(blobs.put(digest, bytesOf('x')), { code: 'DAMAGED_PACKAGE' });
      }
    });

    it('shows a blob to others only when it is whole', async () => {
      const { blobs, again } = await open();
      const other = await again();
      const bytes = random(8_000_000);
      const digest = digestOf(bytes);
      let written = false;
      const writing = blobs.put(digest, bytes).finally(() => {
        written = true;
      });
      while (!written) {
        await turn();
        if (await other.has(digest)) assert.equal((await other.get(digest)).length, bytes.length);
      }
      await writing;
      assert.equal(digestOf(await other.get(digest)), digest);
    });

    it('holds one blob when several write the same at once', async () => {
      const { blobs, again } = await open();
      const bytes = random(2_000_000);
      const writers = [blobs, await again(), await again(), blobs];
      await Promise.all(writers.map((writer) => writer.put(digestOf(bytes), bytes)));
      assert.deepEqual(await blobs.list(), [digestOf(bytes)]);
      assert.equal(digestOf(await blobs.get(digestOf(bytes))), digestOf(bytes));
    });
  });
};
