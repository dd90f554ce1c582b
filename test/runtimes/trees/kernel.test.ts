import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { kernels, moduleOf } from '../../../scripts/kernels.ts';
import { openKernel } from '../../../src/runtimes/trees/open-kernel.ts';

for (const kernel of kernels)
  test(`the bytes of ${kernel.script} are those of its text, as npm run kernel writes them`, async () => {
    assert.equal(readFileSync(kernel.file, 'utf8'), await moduleOf(kernel));
  });

test('the kernel runs as WebAssembly here', async () => {
  assert.equal(openKernel(100_000).name, 'WebAssembly');
});
