/** The kernel in WebAssembly, or in JavaScript where a page forbids that. */
import { fail } from '../../core/errors.ts';
import { onDemand } from '../../core/on-demand.ts';
import type { Kernel, OpenKernel } from './kernel.ts';
import { KERNEL_BYTES } from './kernel-bytes.ts';

const PAGE_BYTES = 65_536;

/** At once: browsers compile modules below 4 KB without a promise. @throws where a page or an engine does not take it */
export const compileKernel = (hex: string): WebAssembly.Module =>
  new WebAssembly.Module(
    Uint8Array.from({ length: hex.length / 2 }, (_, at) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16)),
  );

/** A kernel of that module, with room for so many bytes. */
export const instantiate = <K>(module: WebAssembly.Module, bytes: number): { memory: ArrayBuffer; kernel: K } => {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE_BYTES) });
  const { exports } = new WebAssembly.Instance(module, { millrace: { memory } });
  return { memory: memory.buffer, kernel: exports as unknown as K };
};

type Open = (bytes: number) => OpenKernel;

const inJavaScript = onDemand(async (): Promise<Open> => {
  const { walkInJavaScript } = await import('./walk.ts');
  return (bytes) => {
    const memory = new ArrayBuffer(Math.ceil(bytes / 8) * 8);
    return { name: 'JavaScript', memory, kernel: walkInJavaScript(memory) };
  };
});

let open: Open | undefined;
/** Undefined where a page's Content-Security-Policy forbids it. */
const compile = (): Open | undefined => {
  try {
    const module = compileKernel(KERNEL_BYTES);
    return (bytes) => ({ name: 'WebAssembly', ...instantiate<Kernel>(module, bytes) });
  } catch {
    return undefined;
  }
};

/** Gets the kernel ready for `openKernel`, which needs it done only where WebAssembly is forbidden. @throws NOT_LOADED */
export const readyKernel = async (): Promise<void> => {
  open ??= compile() ?? (await inJavaScript());
};

/** A kernel with room for so many bytes. */
export const openKernel = (bytes: number): OpenKernel => {
  open ??= compile();
  if (open === undefined) throw fail('INTERNAL', 'A kernel was opened before it was ready.');
  return open(bytes);
};
