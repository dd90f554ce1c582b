import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { assembleKernel, kernelFile, kernelModule } from '../../../scripts/trees-kernel.ts';
import { openKernel } from '../../../src/runtimes/trees/open-kernel.ts';

test('the bytes of the kernel are those of its text, as npm run kernel writes them', async () => {
  assert.equal(readFileSync(kernelFile, 'utf8'), kernelModule(await assembleKernel()));
});

test('the kernel runs as WebAssembly here', async () => {
  assert.equal(openKernel(100_000).name, 'WebAssembly');
});
