import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import fc from 'fast-check';
import { encodeJson, openBlobs, openLayout, type Package, toLayout } from '../../src/package/layout.ts';
import { loadScorer, openPackage } from '../../src/package/open.ts';
import { type Packed, packFolder } from '../../src/package/pack.ts';
import { readTar, writeTar } from '../../src/package/tar.ts';
import { openOnnxNode } from '../../src/runtimes/onnx.node.ts';
import { packed as pack, writeModel } from './model-folder.ts';
import { refusalOf } from './refusals.ts';

const flipped = (bytes: Uint8Array, at: number, mask = 1): Uint8Array => {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ mask;
  return copy;
};

let made: Package;
let tar: Uint8Array;
let layout: ReadonlyMap<string, Uint8Array>;

/** A package of a real model, too large to try every byte of. */
let large: Packed;

before(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-'));
  ({ package: made, tar } = await pack(writeModel(folder)));
  rmSync(folder, { recursive: true });
  layout = toLayout(made);
  const readReference = () => assert.fail('it has no reference');
  large = await packFolder(join(import.meta.dirname, '../../bench/models/trees-100x6'), {
    load: (draft) => loadScorer(draft, openOnnxNode),
    readReference,
  });
});

/** What a message calls the file that holds this blob. */
const nameOf = (digest: string): string => {
  for (const [name, own] of made.digests) if (own === digest) return name;
  return digest === made.digest ? 'the OCI manifest' : 'the model config';
};

describe('a flipped byte', () => {
  test('in the index finds the very package still, or refuses it and names the file', async () => {
    const index = layout.get('index.json') as Uint8Array;
    for (let at = 0; at < index.length; at++) {
      const opening = openLayout(new Map([...layout, ['index.json', flipped(index, at, 1 << (at % 8))]]));
      const digest = await opening.then(
        (opened) => opened.digest,
        async () => {
          const { message } = await refusalOf(opening);
          assert.match(message, /index\.json|OCI manifest/);
          return made.digest;
        },
      );
      assert.equal(digest, made.digest);
    }
  });

  test('in any place of any other file of the layout refuses the package and names the file', async () => {
    for (const [path, bytes] of layout) {
      if (path === 'index.json') continue;
      const name = path.startsWith('blobs/') ? nameOf(`sha256:${path.slice('blobs/sha256/'.length)}`) : path;
      for (let at = 0; at < bytes.length; at++) {
        const { message, problem } = await refusalOf(
          openLayout(new Map([...layout, [path, flipped(bytes, at, 1 << (at % 8))]])),
        );
        assert.ok(message.includes(name) || problem.field === name, `${path} at ${at}: ${message}`);
      }
    }
  });

  test('in any place of the tar file refuses the package, or finds the very same', async () => {
    for (let at = 0; at < tar.length; at++) {
      const opening = openPackage(flipped(tar, at, 1 << (at % 8)));
      const opened = await opening.catch(() => undefined);
      if (opened === undefined) await refusalOf(opening);
      else assert.equal(opened.digest, made.digest);
    }
  });

  test('in a large package refuses it too, and names the file', async () => {
    const places = fc.record({ at: fc.nat({ max: large.tar.length - 1 }), mask: fc.integer({ min: 1, max: 255 }) });
    await fc.assert(
      fc.asyncProperty(places, async ({ at, mask }) => {
        const opening = openPackage(flipped(large.tar, at, mask));
        const opened = await opening.catch(() => undefined);
        if (opened !== undefined) return assert.equal(opened.digest, large.package.digest);
        const { message } = await refusalOf(opening);
        assert.match(
          message,
          /model\.onnx|model\.json|examples\.json|index\.json|oci-layout|OCI manifest|model config|header|end|behind/,
        );
      }),
      { numRuns: 150 },
    );
  });

  test('in a blob of a registry refuses it too', async () => {
    for (const [digest, bytes] of made.blobs)
      for (const at of [0, bytes.length >> 1, bytes.length - 1]) {
        const { message } = await refusalOf(
          openBlobs(made.digest, new Map([...made.blobs, [digest, flipped(bytes, at)]])),
        );
        assert.ok(message.includes(nameOf(digest)), message);
      }
  });
});

describe('a package file', () => {
  test('that is cut off anywhere is refused', async () => {
    for (let length = 0; length < tar.length; length += length % 512 === 0 ? 1 : 73)
      await refusalOf(openPackage(tar.subarray(0, length)));
    await refusalOf(openPackage(tar.subarray(0, tar.length - 512)));
    await refusalOf(openPackage(tar.subarray(0, tar.length - 1)));
  });

  test('with anything behind it is refused, and with more empty blocks it is not', async () => {
    const longer = (more: number, last: number): Uint8Array => {
      const bytes = new Uint8Array(tar.length + more);
      bytes.set(tar);
      bytes[bytes.length - 1] = last;
      return bytes;
    };
    assert.match((await refusalOf(openPackage(longer(512, 1)))).message, /after its end/);
    await refusalOf(openPackage(longer(100, 0)));
    assert.equal((await openPackage(longer(512 * 17, 0))).digest, made.digest);
  });

  const tarOf = (files: readonly (readonly [string, Uint8Array])[]): Uint8Array => {
    const parts = files.map((file) => writeTar(new Map([file])).slice(0, -1024));
    const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 1024));
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  };

  test('in which a file stands twice is refused', async () => {
    const twice = tarOf([...layout, ['oci-layout', encodeJson({})]]);
    assert.match((await refusalOf(openPackage(twice))).message, /oci-layout stands in it twice/);
    const dotted = tarOf([...layout, ['./oci-layout', encodeJson({})]]);
    assert.match((await refusalOf(openPackage(dotted))).message, /oci-layout stands in it twice/);
  });

  test('with a file outside the layout is refused by its name', async () => {
    for (const path of ['../evil', '/etc/passwd', 'blobs/../../x'])
      assert.ok((await refusalOf(openPackage(tarOf([...layout, [path, encodeJson(1)]])))).message.includes(path));
  });

  test('may have its files in another order, under ./', async () => {
    const other = [...layout].reverse().map(([path, bytes]) => [`./${path}`, bytes] as const);
    assert.equal((await openPackage(tarOf(other))).digest, made.digest);
  });

  test('with a link in it is refused', async () => {
    const bytes = Uint8Array.from(tar);
    bytes[156] = '2'.charCodeAt(0);
    // The header's checksum is made right again, as one who tampers would.
    const sum = bytes.subarray(0, 512).reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
    bytes.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
    assert.match((await refusalOf(openPackage(bytes))).message, /oci-layout is not a plain file/);
  });

  test('is what readTar reads of what writeTar writes', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.stringMatching(/^[a-z/]{1,60}$/), fc.uint8Array({ maxLength: 1500 }), { maxKeys: 5 }),
        (files) =>
          assert.deepEqual(new Map(readTar(writeTar(new Map(Object.entries(files))))), new Map(Object.entries(files))),
      ),
    );
  });
});
