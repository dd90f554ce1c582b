/** The port of what walks trees, over a memory of its own. What it is told are places in that memory, in bytes. */

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

/** Sums of `rows` rows from `first` on: that of target t and row r is at `start + t * stride + r`. */
export type TakeSums = (sums: Float64Array, start: number, stride: number, first: number, rows: number) => void;
