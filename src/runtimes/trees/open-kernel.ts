/** The kernel in WebAssembly, or in JavaScript where a page forbids that. */
import type { Kernel, OpenKernel } from './kernel.ts';
import { KERNEL_BYTES } from './kernel-bytes.ts';
import { walkInJavaScript } from './walk.ts';

const PAGE_BYTES = 65_536;

let compiled: WebAssembly.Module | 'forbidden' | undefined;
/** At once: browsers compile modules below 4 KB without a promise. */
const compile = (): WebAssembly.Module | 'forbidden' => {
  try {
    return new WebAssembly.Module(Uint8Array.from(KERNEL_BYTES.match(/../g) ?? [], (hex) => Number.parseInt(hex, 16)));
  } catch {
    // A page's Content-Security-Policy may forbid it.
    return 'forbidden';
  }
};

/** A kernel with room for so many bytes. */
export const openKernel = (bytes: number): OpenKernel => {
  compiled ??= compile();
  if (compiled === 'forbidden') {
    const memory = new ArrayBuffer(Math.ceil(bytes / 8) * 8);
    return { name: 'JavaScript', memory, kernel: walkInJavaScript(memory) };
  }
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE_BYTES) });
  const { exports } = new WebAssembly.Instance(compiled, { millrace: { memory } });
  return { name: 'WebAssembly', memory: memory.buffer, kernel: exports as unknown as Kernel };
};
