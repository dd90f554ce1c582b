/** The kernel that walks trees, over a memory of its own. What it is told are places in that memory, in bytes. */
import { kernelBytes } from './kernel-bytes.ts';
import { walkInJavaScript } from './walk.ts';

/** `mode`: 0 sums in float32, 1 in float64, 2 the least, 3 the greatest. See `Table` for the rest. */
export interface Kernel {
  /** Blocks of eight rows, from `rows` to `end`, down the trees from `tree` to `last`, into their sums. */
  batch(
    tree: number,
    last: number,
    rows: number,
    end: number,
    block: number,
    sums: number,
    mode: number,
    width: number,
    stride: number,
  ): void;
  /** One row down the groups from `group` to `last`: writes where it came to. */
  row(group: number, last: number, row: number): void;
  /** The leaves where a row came to, in the trees' order, into its sums. */
  gather(tree: number, last: number, leaf: number, sums: number, mode: number, width: number, stride: number): void;
}

export interface OpenKernel {
  readonly name: 'WebAssembly' | 'JavaScript';
  readonly memory: ArrayBuffer;
  readonly kernel: Kernel;
}

const PAGE = 65_536;

let compiled: WebAssembly.Module | 'forbidden' | undefined;
/** At once: browsers compile modules below 4 KB without a promise. */
const compile = (): WebAssembly.Module | 'forbidden' => {
  try {
    return new WebAssembly.Module(Uint8Array.from(atob(kernelBytes), (letter) => letter.charCodeAt(0)));
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
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) });
  const { exports } = new WebAssembly.Instance(compiled, { millrace: { memory } });
  return { name: 'WebAssembly', memory: memory.buffer, kernel: exports as unknown as Kernel };
};
