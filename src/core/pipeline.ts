/** From a batch of checked columns to one of answers: prepare → run → finish. */
import type { ModelAnswer } from './answered.ts';
import type { AppliedTransform } from './applied-transform.ts';
import { Batch } from './columns.ts';
import { bindOutputs, type OutputBinding } from './finish.ts';
import type { ReadImage } from './images.ts';
import type { Lap } from './laps.ts';
import { plainRowReader } from './plain.ts';
import { compilePreparation } from './prepare.ts';
import { type Remaining, settle } from './remaining.ts';
import { rowsPerRun, runBatch } from './run.ts';
import { compileSignature } from './signature.ts';
import type { Manifest, ModelSession, OutputField, OutputFields } from './types.ts';

export interface PipelineParts {
  readonly manifest: Manifest;
  readonly session: ModelSession;
  readonly transform?: AppliedTransform;
  /** Of a package with images. */
  readonly readImage?: ReadImage | undefined;
}

/** Resolves to the answers of the rows that have one. */
export type Pipeline = (input: Batch, lap: Lap) => Promise<Remaining>;

/** A range of an output says what to expect; a rounding error past it is no reason to withhold an answer. */
const withoutRanges = (outputs: OutputFields): OutputFields =>
  Object.fromEntries(
    Object.entries(outputs).map(([name, field]) => {
      const { min: _, max: __, ...rest } = field as OutputField & { readonly min?: number; readonly max?: number };
      return [name, rest];
    }),
  );

/** Outputs that the graph answers; what it does not is left to `finish`. */
const fromGraph = ({ outputs }: Manifest, session: ModelSession, { finish }: AppliedTransform): OutputFields =>
  Object.fromEntries(
    Object.entries(outputs).filter(
      ([name, field]) =>
        finish === undefined || field.from !== undefined || session.outputs.some((spec) => spec.name === name),
    ),
  );

/** The answers in the graph's tensors, of the rows that it has not refused. */
const readAnswers = (
  bindings: readonly OutputBinding[],
  tensors: ReadonlyMap<string, ModelAnswer>,
  { rows, problems }: Batch,
): Batch => {
  const answered = new Batch(rows);
  for (const [row, problem] of problems) answered.refuse(row, problem);
  for (const binding of bindings) {
    const tensor = tensors.get(binding.from);
    if (tensor) answered.columns.set(binding.name, binding.read(tensor, answered));
  }
  return answered;
};

/** @throws MillraceError BAD_MANIFEST or BAD_MODEL when manifest and graph do not fit each other. */
export const compilePipeline = ({ manifest, session, transform = {}, readImage }: PipelineParts): Pipeline => {
  const answerSignature = compileSignature(withoutRanges(manifest.outputs), { strangers: 'allow' });
  const preparation = compilePreparation(manifest, session.inputs, transform, readImage);
  const { bindings } = preparation;
  const outputBindings = bindOutputs(fromGraph(manifest, session, transform), session.outputs);
  const names = [...new Set(outputBindings.map(({ from }) => from))];
  const most = rowsPerRun(session);
  const finish = transform.finish?.(answerSignature);
  const givenRow = plainRowReader(manifest.inputs);

  return async (input, lap) => {
    lap('validate');
    const left: Remaining = { batch: input, places: undefined, problems: new Map(input.problems) };
    // What finish sees of a row is what came in, whatever the preparation makes of it.
    const given = finish && new Map(input.columns);
    settle(left);
    if (left.batch.rows > 0) await preparation.apply(left.batch);
    settle(left);
    let feeds = bindings.map((binding) => binding.read(left.batch));
    if (left.batch.problems.size > 0) {
      settle(left);
      feeds = bindings.map((binding) => binding.read(left.batch));
    }
    lap('prepare');
    if (left.batch.rows === 0) return { ...left, batch: new Batch(0), places: new Int32Array(0) };
    // A package whose finish makes every output needs no run.
    const tensors = names.length === 0 ? new Map() : await runBatch(session, bindings, feeds, left.batch, names, most);
    lap('run');
    const answered = readAnswers(outputBindings, tensors, left.batch);
    const { places } = left;
    left.batch = finish && given ? finish(answered, (row) => givenRow(given, places ? places[row] : row)) : answered;
    settle(left);
    return left;
  };
};
