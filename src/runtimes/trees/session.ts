/** A model of the own runtime, ready to run: its steps are checked and compiled once. */
import { fail } from '../../core/errors.ts';
import type { ModelSession, Tensor } from '../../core/types.ts';
import type { Made, TabularModel } from './model.ts';
import { unusual } from './unusual.ts';
import { dense, type Known, type Value } from './values.ts';

interface CompiledStep {
  readonly made: Made;
  /** Places of values. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** Elements of a row at most, so that no graph makes much of little. */
const MAX_ROW_SIZE = 1 << 20;

/**
 * @throws Unusual for a graph that is another runtime's, and BAD_MODEL for a damaged one.
 */
export const openModel = async ({ inputs, outputs, constants, steps }: TabularModel): Promise<ModelSession> => {
  const places = new Map<string, number>();
  const known: Known[] = [];
  const initial: Value[] = [];
  const add = (name: string, what: Known): number => {
    const place = known.push(what) - 1;
    if (name !== '') places.set(name, place);
    if (what.constant) initial[place] = what.constant;
    const size = what.dims.reduce<number>((product, dim) => product * (dim ?? 1), 1);
    if (size > MAX_ROW_SIZE && !what.constant) throw unusual(`${name}, of ${size} values a row`);
    return place;
  };
  const placeOf = (name: string): number => {
    const place = places.get(name);
    if (place !== undefined) return place;
    const constant = constants.get(name)?.();
    if (constant) return add(name, { dtype: constant.dtype, dims: constant.dims, constant });
    throw fail('BAD_MODEL', `Nothing in the graph makes ${name}.`, { expected: 'a value made before', got: name });
  };
  for (const { name, dtype, dims } of inputs) {
    // The first dimension is the batch; a fixed one or none at all is not a row's business.
    if (dims.length === 0 || dims[0] !== null) throw unusual(`an input ${name} without a dynamic first dimension`);
    add(name, { dtype, dims: dims.slice(1) });
  }
  const compiled: CompiledStep[] = [];
  for (const { op, inputs: from, outputs: to, make } of steps) {
    const given = from.map((name) => (name === '' ? undefined : placeOf(name)));
    const made = await make(given.map((place) => (place === undefined ? undefined : known[place])));
    if (made.outputs.length < to.length) throw unusual(`${op} with ${to.length} outputs`);
    compiled.push({
      made,
      inputs: given.map((place) => place ?? -1),
      outputs: to.map((name, index) => add(name, made.outputs[index])),
    });
  }
  const results = new Map(
    outputs.map(({ name, dtype }) => {
      const place = placeOf(name);
      if (known[place].dtype !== dtype || known[place].constant) throw unusual(`an output ${name} of another type`);
      return [name, place];
    }),
  );

  const score = (
    feeds: Readonly<Record<string, Tensor>>,
    names: readonly string[],
  ): Readonly<Record<string, Tensor>> => {
    const values = initial.slice();
    const rows = feeds[inputs[0].name].dims[0];
    for (let index = 0; index < inputs.length; index++) {
      const { name, dtype } = inputs[index];
      const feed = feeds[name];
      if (feed.dtype !== dtype || feed.dims[0] !== rows) throw new Error(`${name} does not fit the model`);
      values[index] = feed;
    }
    for (const { made, inputs: from, outputs: to } of compiled) {
      const made_ = made.run(
        from.map((place) => values[place]),
        rows,
      );
      for (let index = 0; index < to.length; index++) values[to[index]] = made_[index];
    }
    const answer: Record<string, Tensor> = {};
    for (const name of names) answer[name] = dense(values[results.get(name) ?? -1]);
    return answer;
  };
  return {
    inputs,
    outputs,
    batchInvariant: true,
    run: async (feeds, names) => score(feeds, names),
    close: async () => {},
  };
};
