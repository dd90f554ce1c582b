/** The kernel in WebAssembly, or in JavaScript where a page forbids that. */
import type { Kernel, OpenKernel } from './kernel.ts';
import { KERNEL_BYTES } from './kernel-bytes.ts';
import { walkInJavaScript } from './walk.ts';

const PAGE_BYTES = 65_536;

/** At once: browsers compile modules below 4 KB without a promise. @throws where a page or an engine does not take it */
export const compileKernel = (hex: string): WebAssembly.Module =>
  new WebAssembly.Module(Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)));

/** A kernel of that module, with room for so many bytes. */
export const instantiate = <K>(module: WebAssembly.Module, bytes: number): { memory: ArrayBuffer; kernel: K } => {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE_BYTES) });
  const { exports } = new WebAssembly.Instance(module, { millrace: { memory } });
  return { memory: memory.buffer, kernel: exports as unknown as K };
};

let compiled: WebAssembly.Module | 'forbidden' | undefined;
const compile = (): WebAssembly.Module | 'forbidden' => {
  try {
    return compileKernel(KERNEL_BYTES);
  } catch {
    // A page's Content-Security-Policy may forbid it.
    return 'forbidden';
  }
};

/** A kernel with room for so many bytes. */
export const openKernel = (bytes: number): OpenKernel => {
  compiled ??= compile();
  if (compiled !== 'forbidden') return { name: 'WebAssembly', ...instantiate<Kernel>(compiled, bytes) };
  const memory = new ArrayBuffer(Math.ceil(bytes / 8) * 8);
  return { name: 'JavaScript', memory, kernel: walkInJavaScript(memory) };
};
