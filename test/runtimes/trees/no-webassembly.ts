/** Imported first, this makes of Node a page whose Content-Security-Policy forbids WebAssembly. */
import { readyKernel } from '../../../src/runtimes/trees/open-kernel.ts';

WebAssembly.Module = class {
  constructor() {
    throw new WebAssembly.CompileError('blocked by Content Security Policy');
  }
} as unknown as typeof WebAssembly.Module;

await readyKernel();
