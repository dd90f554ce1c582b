import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { ImageSettings } from '../../src/core/images.ts';
import { nodeWasmFiles } from '../../src/images/codecs/wasm-files.node.ts';
import { createImageDecoder } from '../../src/images/read-image.ts';

const folder = join(import.meta.dirname, '../fixtures/images');

interface Case {
  readonly file: string;
  readonly settings: Partial<ImageSettings>;
  readonly width: number;
  readonly height: number;
  readonly sha256: string;
}

const decode = createImageDecoder(nodeWasmFiles);

describe('images are decoded to the bytes of Pillow', () => {
  const cases: readonly Case[] = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));
  for (const { file, settings, width, height, sha256 } of cases)
    it(`${file} with ${JSON.stringify(settings)}`, async () => {
      const image = await decode(readFileSync(join(folder, file)), {
        pixels: 'rgb',
        orientation: 'ignore',
        ...settings,
        ...(settings.resize && {
          resize: { ...settings.resize, passes: settings.resize.passes ?? 'horizontal-first' },
        }),
      });
      assert.deepEqual([image.width, image.height], [width, height]);
      const bytes = new Uint8Array(image.data.buffer, image.data.byteOffset, image.data.byteLength);
      assert.equal(createHash('sha256').update(bytes).digest('hex'), sha256);
    });
});
