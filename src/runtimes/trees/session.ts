/** A model of the own runtime, ready to run: its steps are checked and compiled once. */
import { fail } from '../../core/errors.ts';
import { isHalf } from '../../core/halves.ts';
import { onDemand } from '../../core/on-demand.ts';
import type { ModelSession, Tensor } from '../../core/types.ts';
import { MAX_ROW_SIZE, madeOf, rowSize } from './made-step.ts';
import type { MadeStep, TabularModel } from './model.ts';
import type { Feeds } from './run-in-pieces.ts';
import { unusual } from './unusual.ts';
import { dense, type Known, type NodeValue } from './values.ts';

interface CompiledStep {
  readonly made: MadeStep;
  /** Places of values. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** Values that are held at a time: more rows go piece by piece, which changes no bit. */
const MAX_VALUES = 1 << 22;

const inPieces = onDemand(() => import('./run-in-pieces.ts'));

/**
 * @throws Unusual for a graph that is another runtime's, and BAD_MODEL for a damaged one.
 */
export const openModel = ({ inputs, outputs, constants, steps }: TabularModel): ModelSession => {
  const places = new Map<string, number>();
  const known: Known[] = [];
  const initial: NodeValue[] = [];
  const add = (name: string, what: Known): number => {
    const place = known.push(what) - 1;
    if (name !== '') places.set(name, place);
    if (what.constant) initial[place] = what.constant;
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
    if (isHalf(dtype)) throw unusual(dtype);
    add(name, { dtype, dims: dims.slice(1) });
  }
  const compiled: CompiledStep[] = [];
  for (const { op, inputs: from, outputs: to, make } of steps) {
    const given = from.map((name) => (name === '' ? undefined : placeOf(name)));
    const what = given.map((place) => (place === undefined ? undefined : known[place]));
    const made = madeOf(make, what);
    if (made.outputs.length < to.length) throw unusual(`${op} with ${to.length} outputs`);
    compiled.push({
      made,
      inputs: given.map((place) => place ?? -1),
      outputs: to.map((name, index) => add(name, made.outputs[index])),
    });
  }
  const answers = new Map(
    outputs.map(({ name, dtype }) => {
      const place = placeOf(name);
      const { dtype: found, constant, along, isMerged, extents, padding } = known[place];
      if (found !== dtype || constant) throw unusual(`an output ${name} of another type`);
      if (along || isMerged || extents || padding !== undefined) throw unusual(`an output ${name} of another shape`);
      return [name, place];
    }),
  );

  const size = known.reduce((sum, { constant, dims }) => sum + (constant ? 0 : rowSize(dims)), 0);
  if (size > MAX_ROW_SIZE) throw unusual(`${size} values a row`);
  const most = Math.max(1, Math.floor(MAX_VALUES / size));

  const run = (feeds: Feeds, names: readonly string[], rows: number): Feeds => {
    const values = initial.slice();
    for (let index = 0; index < inputs.length; index++) values[index] = feeds[inputs[index].name];
    for (const { made, inputs: from, outputs: to } of compiled) {
      const results = made.run(
        from.map((place) => values[place]),
        rows,
      );
      for (let index = 0; index < to.length; index++) values[to[index]] = results[index];
    }
    const answer: Record<string, Tensor> = {};
    for (const name of names) answer[name] = dense(values[answers.get(name) ?? -1]);
    return answer;
  };
  return {
    inputs,
    outputs,
    batchInvariant: true,
    runtime: { name: 'trees' },
    async run(feeds, names) {
      const rows = feeds[inputs[0].name].dims[0];
      for (const { name, dtype } of inputs)
        if (feeds[name].dtype !== dtype || feeds[name].dims[0] !== rows)
          throw new Error(`${name} does not fit the model`);
      if (rows <= most) return run(feeds, names, rows);
      const { runInPieces } = await inPieces();
      return runInPieces(run, feeds, names, rows, most);
    },
    close: async () => {},
  };
};
