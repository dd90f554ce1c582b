/**
 * A graph that takes a fixed number of rows at a time, as exporters write it of an example of several rows: it is run with as
 * many copies of one row, so that the answer can depend on no other. Only a graph whose first dimension is found to be rows is
 * run so: of others (time first, one picture without a batch) the answers would be of something else. Web-standard.
 */
import { allocate, copyRow, isFloat, sliceData } from '../core/columns.ts';
import { fail } from '../core/errors.ts';
import type { ModelSession, Tensor, TensorSpec } from '../core/types.ts';

/** More is no batch, but something else: time, or a vocabulary. */
const MAX_COPIES = 1024;
/** Elements of all copies together. */
const MAX_ELEMENTS = 2 ** 24;
/** A dimension that a graph leaves open has so many elements while it is tried. */
const OPEN = 4;
/** Kernels round otherwise at another place of a batch, by far less than rows that are mixed are off. */
const CLOSE = 1e-4;

const sizeOf = ({ dims }: TensorSpec): number => dims.slice(1).reduce<number>((size, dim) => size * (dim ?? OPEN), 1);

/** How many rows a graph takes at a time; undefined where it is one, any number, or not the same of all inputs and outputs. */
const countOf = ({ inputs, outputs }: ModelSession): number | undefined => {
  const count = inputs[0]?.dims[0];
  if (typeof count !== 'number' || count < 2 || count > MAX_COPIES) return undefined;
  const isOfRows = ({ dims }: TensorSpec): boolean => dims[0] === count;
  const size = inputs.reduce((sum, spec) => sum + count * sizeOf(spec), 0);
  return inputs.every(isOfRows) && outputs.every(isOfRows) && size <= MAX_ELEMENTS ? count : undefined;
};

const repeated = ({ dtype, dims, data }: Tensor, count: number): Tensor => {
  const copies = allocate(dtype, data.length * count);
  for (let at = 0; at < count; at++) copyRow(data, 0, copies, at * data.length, data.length);
  return { dtype, dims: [count, ...dims.slice(1)], data: copies };
};

/** A row that is like no other: numbers within ±1, ids 0 and 1. */
const madeUp = (spec: TensorSpec, salt: number): Tensor => {
  const { dtype, dims } = spec;
  const data = allocate(dtype, sizeOf(spec));
  for (let at = 0; at < data.length; at++) {
    const wave = Math.sin(at * 12.9898 + salt * 78.233);
    const bit = wave > 0 ? 1 : 0;
    if (Array.isArray(data)) data[at] = `${bit}`;
    else if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[at] = BigInt(bit);
    else data[at] = isFloat(dtype) ? wave : bit;
  }
  return { dtype, dims: [1, ...dims.slice(1).map((dim) => dim ?? OPEN)], data };
};

/** Copies of `other`, and `row` in one place. */
const among = (row: Tensor, other: Tensor, place: number, count: number): Tensor => {
  const all = repeated(other, count);
  copyRow(row.data, 0, all.data as never, place * row.data.length, row.data.length);
  return all;
};

/** What one row of a tensor of `count` rows answers. */
const rowOf = ({ dtype, dims, data }: Tensor, place: number, count: number): Tensor => {
  const size = data.length / count;
  return { dtype, dims: [1, ...dims.slice(1)], data: sliceData(data, place * size, (place + 1) * size) };
};

const isClose = (a: unknown, b: unknown): boolean =>
  Object.is(a, b) || Math.abs(Number(a) - Number(b)) <= CLOSE * Math.max(1, Math.abs(Number(a)));

/** Whether a row at either end is answered the same among copies of itself and among others. */
const hasRowsFirst = async ({ run, inputs, outputs }: ModelSession, count: number): Promise<boolean> => {
  const names = outputs.map(({ name }) => name);
  const [rows, others] = [1, 2].map((salt) => inputs.map((spec) => madeUp(spec, salt)));
  const answersTo = (tensorAt: (at: number) => Tensor): ReturnType<ModelSession['run']> =>
    run(Object.fromEntries(inputs.map(({ name }, at) => [name, tensorAt(at)])), names);
  const alone = await answersTo((at) => repeated(rows[at], count));
  for (const place of [0, count - 1]) {
    const mixed = await answersTo((at) => among(rows[at], others[at], place, count));
    for (const name of names) {
      if (alone[name].dims[0] !== count) return false;
      const [a, b] = [alone, mixed].map((tensors) =>
        Array.from<unknown>(rowOf(tensors[name], place, count).data as never),
      );
      if (a.length !== b.length || !a.every((value, at) => isClose(value, b[at]))) return false;
    }
  }
  return true;
};

const ofOne = (spec: TensorSpec): TensorSpec => ({ ...spec, dims: [1, ...spec.dims.slice(1)] });

/** The session, as one that takes a row at a time where it takes a fixed number of them. @throws BAD_MODEL where it mixes them */
export const inCopies = async (session: ModelSession): Promise<ModelSession> => {
  const count = countOf(session);
  if (count === undefined || !(await hasRowsFirst(session, count).catch(() => false))) {
    const [{ name, dims }] = session.inputs;
    throw fail(
      'BAD_MODEL',
      `The model's input ${name} has a fixed batch of ${dims[0]} rows, which it does not answer one by one; export it with ` +
        'rows first, as a dynamic dimension, of PyTorch so: torch.onnx.export(model, (rows,), "model.onnx", dynamo=True, ' +
        'dynamic_shapes=({0: torch.export.Dim("rows")},)).',
      { expected: 'a dynamic first dimension, or 1', got: `${dims[0]}` },
    );
  }
  return {
    ...session,
    inputs: session.inputs.map(ofOne),
    outputs: session.outputs.map(ofOne),
    async run(feeds, names) {
      const wide = Object.entries(feeds).map(([name, tensor]) => [name, repeated(tensor, count)] as const);
      const answers = await session.run(Object.fromEntries(wide), names);
      return Object.fromEntries(names.map((name) => [name, rowOf(answers[name], 0, count)]));
    },
  };
};
