/** More rows than are held at a time, through a model piece by piece, to the same bits. */
import { allocate, copyRow, sliceData } from '../../core/columns.ts';
import type { Tensor } from '../../core/types.ts';
import { sizeOf } from './values.ts';

export type Feeds = Readonly<Record<string, Tensor>>;

const rowsOf = ({ dtype, dims, data }: Tensor, from: number, to: number): Tensor => {
  const size = sizeOf(dims.slice(1));
  return { dtype, dims: [to - from, ...dims.slice(1)], data: sliceData(data, from * size, to * size) };
};

const joined = (pieces: readonly Tensor[], rows: number): Tensor => {
  const [{ dtype, dims }] = pieces;
  const data = allocate(dtype, rows * sizeOf(dims.slice(1)));
  let at = 0;
  for (const piece of pieces) {
    copyRow(piece.data, 0, data, at, piece.data.length);
    at += piece.data.length;
  }
  return { dtype, dims: [rows, ...dims.slice(1)], data };
};

/** `most` rows at a time. */
export const runInPieces = (
  run: (feeds: Feeds, names: readonly string[], rows: number) => Feeds,
  feeds: Feeds,
  names: readonly string[],
  rows: number,
  most: number,
): Feeds => {
  const pieces: Feeds[] = [];
  for (let from = 0; from < rows; from += most) {
    const to = Math.min(rows, from + most);
    const some = Object.entries(feeds).map(([name, feed]) => [name, rowsOf(feed, from, to)] as const);
    pieces.push(run(Object.fromEntries(some), names, to - from));
  }
  const whole = (name: string): Tensor =>
    joined(
      pieces.map((piece) => piece[name]),
      rows,
    );
  return Object.fromEntries(names.map((name) => [name, whole(name)]));
};
