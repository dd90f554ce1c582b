/** Running the graph over rows of several lengths: those of equal shape together, and each answer by itself. */
import type { Binding, Feed } from './binding.ts';
import { allocate, type Batch, copyRow, sliceData } from './columns.ts';
import type { Dtype, Tensor, TensorData } from './data.ts';
import { modelProblem } from './model-problem.ts';
import type { RowTensor, RowTensors } from './row-tensors.ts';
import type { ModelSession } from './types.ts';

/** Places of the rows that have the same shape, in order, by what tells the shapes of all feeds. */
const groupsOf = (feeds: readonly Feed[], rows: number): readonly (readonly number[])[] => {
  const ragged = feeds.flatMap((feed) => ('rows' in feed ? [feed.rows] : []));
  const groups = new Map<string, number[]>();
  for (let row = 0; row < rows; row++) {
    const key = ragged.map((tensors) => tensors[row].dims.join()).join(';');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return [...groups.values()];
};

const joined = (dtype: Dtype, parts: readonly TensorData[], size: number): TensorData => {
  if (parts.length === 1) return parts[0];
  const data = allocate(dtype, parts.length * size);
  parts.forEach((part, at) => {
    copyRow(part, 0, data, at * size, size);
  });
  return data;
};

/** What the binding feeds of some rows, which are of one shape. */
const feedOf = ({ spec: { dtype }, size = 1, shape }: Binding, feed: Feed, places: readonly number[]): Tensor => {
  if ('rows' in feed) {
    const tensors = places.map((place) => feed.rows[place]);
    const [{ dims, data }] = tensors;
    const parts = tensors.map((tensor) => tensor.data);
    return { dtype, dims: [places.length, ...dims], data: joined(dtype, parts, data.length) };
  }
  const parts = places.map((place) => sliceData(feed, place * size, (place + 1) * size));
  return { dtype, dims: [places.length, ...(shape ?? (size === 1 ? [] : [size]))], data: joined(dtype, parts, size) };
};

/**
 * Runs the graph over groups of rows of one shape, at most `most` at a time. A group that fails is halved until the rows that
 * make it fail stand alone; only they are refused.
 */
export const runByShape = async (
  session: ModelSession,
  bindings: readonly Binding[],
  feeds: readonly Feed[],
  batch: Batch,
  names: readonly string[],
  most: number,
): Promise<ReadonlyMap<string, RowTensors>> => {
  const { rows } = batch;
  const answered = new Map<string, { dtype: Dtype; rows: (RowTensor | undefined)[] }>();
  const keep = (places: readonly number[], outputs: Readonly<Record<string, Tensor>>): void => {
    for (const name of names) {
      const { dtype, dims, data } = outputs[name];
      const size = data.length / places.length;
      if (!Number.isInteger(size)) throw new Error(`${name} came back as [${dims.join(', ')}]`);
      const into = answered.get(name) ?? { dtype, rows: new Array<RowTensor | undefined>(rows).fill(undefined) };
      answered.set(name, into);
      places.forEach((place, at) => {
        into.rows[place] = { dims: dims.slice(1), data: sliceData(data, at * size, (at + 1) * size) };
      });
    }
  };
  const attempt = async (places: readonly number[]): Promise<void> => {
    try {
      const inputs: Record<string, Tensor> = {};
      bindings.forEach((binding, at) => {
        inputs[binding.spec.name] = feedOf(binding, feeds[at], places);
      });
      keep(places, await session.run(inputs, names));
    } catch (error) {
      if (places.length === 1) return batch.refuse(places[0], modelProblem(error));
      const middle = places.length >> 1;
      await attempt(places.slice(0, middle));
      await attempt(places.slice(middle));
    }
  };
  for (const group of groupsOf(feeds, rows))
    for (let start = 0; start < group.length; start += most) await attempt(group.slice(start, start + most));
  return answered;
};
