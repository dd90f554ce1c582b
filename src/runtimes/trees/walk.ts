/**
 * The kernel in JavaScript, for pages whose Content-Security-Policy forbids WebAssembly: the same memory, the same steps, the
 * same bits, a few times slower.
 */
import type { Kernel } from './kernel.ts';

export const walkInJavaScript = (memory: ArrayBuffer): Kernel => {
  const floats = new Float64Array(memory);
  const ints = new Int32Array(memory);

  const step = (node: number, row: number): number => {
    const at = node >> 2;
    const slot = ints[at + 2];
    const holds = slot & 1 ? isMember(at, (row + slot - 1) >> 2) : floats[(row + slot) >> 3] <= floats[node >> 3];
    return holds ? ints[at + 3] : ints[at + 3] + 16;
  };
  const isMember = (at: number, lane: number): boolean => {
    const bit = ints[lane];
    return ((bit < 32 ? ints[at] : ints[at + 1]) >>> (bit & 31)) % 2 === 1;
  };
  const walk = (root: number, depth: number, row: number): number => {
    let node = root;
    for (let left = depth; left > 0; left--) node = step(node, row);
    return node;
  };
  const add = (out: number, leaf: number, mode: number, width: number, stride: number): void => {
    let from = width > 1 ? floats[leaf >> 3] >> 3 : leaf >> 3;
    for (let to = out >> 3, left = width; left > 0; left--, from++, to += stride >> 3) {
      const [sum, weight] = [floats[to], floats[from]];
      if (mode === 0) floats[to] = Math.fround(sum + weight);
      else if (mode === 1) floats[to] = sum + weight;
      else if (mode === 2 ? weight < sum : weight > sum) floats[to] = weight;
    }
  };
  return {
    batch(tree, last, rows, end, block, sums, mode, width, stride) {
      for (let at = tree >> 2; at < last >> 2; at += 4) {
        let out = sums + ints[at + 2];
        for (let row = rows; row < end; row += block, out += 64)
          for (let lane = 0; lane < 64; lane += 8)
            add(out + lane, walk(ints[at], ints[at + 1], row + lane), mode, width, stride);
      }
    },
    row(group, last, row) {
      for (let at = group >> 2; at < last >> 2; at += 18)
        for (let lane = 0; lane < 8; lane++) ints[ints[at + 8 + lane] >> 2] = walk(ints[at + lane], ints[at + 16], row);
    },
    gather(tree, last, leaf, sums, mode, width, stride) {
      for (let at = tree >> 2, from = leaf >> 2; at < last >> 2; at += 4, from++)
        add(sums + ints[at + 2], ints[from], mode, width, stride);
    },
  };
};
