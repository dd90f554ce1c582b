/** The profile of the reference: the training data as the model takes it, and what it answers for it. */
import { fail, MillraceError, messageOf, type Problem, showNames } from '../core/errors.ts';
import { compileSignature } from '../core/signature.ts';
import { fromTable } from '../core/table-rows.ts';
import type { ColumnInput, Scorer } from '../core/types.ts';
import { measured, measuresOf } from '../monitor/profile/measures.ts';
import { type Reference, referenceOf } from '../monitor/profile/reference.ts';
import { startTruths } from './reference-truth.ts';
import type { ReferenceFile } from './source.ts';

/** A piece of the reference sample: columns, and whether its cells are all text, as in CSV files. */
export interface ReferenceChunk {
  readonly columns: Readonly<Record<string, ColumnInput>>;
  readonly coerce: boolean;
}

const append = (into: Record<string, unknown[]>, name: string, values: ArrayLike<unknown>): void => {
  into[name] ??= [];
  for (let index = 0; index < values.length; index++) into[name].push(values[index]);
};

/** Digits that predictions are rounded to in the profile: kernels of other machines may differ after them. */
const DIGITS = 3;
/** A sample is enough to compare with, and it is held in memory. */
const MAX_REFERENCE_ROWS = 1_000_000;

const refuseRow = (path: string, row: number, problem: Problem) =>
  fail(
    'BAD_REFERENCE',
    `${path}, row ${row}: ${problem.message} The training data must fit the signature; mend one of them.`,
    problem,
  );
const firstProblem = (problems: ReadonlyMap<number, Problem>): readonly [number, Problem] | undefined =>
  [...problems].sort(([a], [b]) => a - b)[0];

/** The rows of the reference are checked by the signature like any others, scored, and profiled. */
const profileRows = async (
  scorer: Scorer,
  { path, truth }: Pick<ReferenceFile, 'path' | 'truth'>,
  chunks: AsyncIterable<ReferenceChunk>,
): Promise<Reference> => {
  const { manifest } = scorer;
  const truths = truth === undefined ? undefined : startTruths(manifest, truth, path);
  const names = Object.keys(manifest.inputs);
  const inputs: Record<string, unknown[]> = {};
  const outputs: Record<string, unknown[]> = {};
  /** Of tensors no element is kept. */
  const measures = Object.entries(measuresOf(manifest.inputs));
  const measuresIn = (name: string) => measures.filter(([, { of }]) => of === name);
  let rows = 0;
  for await (const { columns, coerce } of chunks) {
    const given = Object.keys(columns);
    if (!names.some((name) => given.includes(name))) {
      throw fail('BAD_REFERENCE', `${path} has none of the inputs of the signature.`, {
        expected: `columns named ${showNames(names)}`,
        got: showNames(given),
      });
    }
    const own = Object.fromEntries(names.flatMap((name) => (given.includes(name) ? [[name, columns[name]]] : [])));
    const signature = compileSignature(manifest.inputs, { coerce: coerce || manifest.coerce, extraFields: 'ignore' });
    const batch = fromTable(signature, own);
    const answers = await scorer.scoreColumns(own, { coerce });
    const first = firstProblem(answers.errors);
    if (first) throw refuseRow(path, rows + first[0] + 1, first[1]);
    for (const [name, column] of batch.columns) {
      if (column.type !== 'tensor') append(inputs, name, column.values);
      else for (const [what, measure] of measuresIn(name)) append(inputs, what, measured(measure, column.data));
    }
    for (const [name, column] of Object.entries(answers.columns)) append(outputs, name, column);
    truths?.add(columns, coerce, answers.columns);
    rows += batch.rows;
    if (rows > MAX_REFERENCE_ROWS) {
      throw fail('BAD_REFERENCE', `${path} is no sample: it has more than ${MAX_REFERENCE_ROWS} rows.`, {
        expected: `at most ${MAX_REFERENCE_ROWS} rows`,
        got: 'more',
      });
    }
  }
  if (rows === 0) throw fail('BAD_REFERENCE', `${path} has no rows.`, { expected: 'rows', got: 'none' });
  return {
    rows,
    inputs: referenceOf(manifest.inputs, inputs),
    outputs: referenceOf(manifest.outputs, outputs, DIGITS),
    ...(truths && { truth: truths.result() }),
  };
};

/** @throws BAD_REFERENCE */
export const profileReference = async (
  scorer: Scorer,
  file: ReferenceFile,
  chunks: AsyncIterable<ReferenceChunk>,
): Promise<Reference> => {
  try {
    return await profileRows(scorer, file, chunks);
  } catch (cause) {
    if (cause instanceof MillraceError && cause.code === 'BAD_REFERENCE') throw cause;
    throw fail('BAD_REFERENCE', `The reference ${file.path} cannot be read: ${messageOf(cause)}`, {
      got: file.path,
      cause,
    });
  }
};
