/** A loaded package: validate → prepare → run → finish. It knows no transport, no file and no database. */
import { Batch, type Column } from './columns.ts';
import type { Problem } from './errors.ts';
import { bindOutputs, emptyColumn, spread, valueReader } from './finish.ts';
import { createGate } from './gate.ts';
import { kindOf } from './kinds/index.ts';
import { plainRowReader } from './plain.ts';
import { compilePreparation } from './prepare.ts';
import { rowsPerRun, runBatch } from './run.ts';
import { compileSignature, type Signature } from './signature.ts';
import { callTransform } from './transform.ts';
import type {
  Answer,
  ColumnOutput,
  Manifest,
  ModelSession,
  OutputField,
  OutputFields,
  Row,
  Scorer,
  Timings,
  Transform,
  Value,
} from './types.ts';

export interface ScorerParts {
  readonly manifest: Manifest;
  readonly digest: string;
  readonly session: ModelSession;
  readonly transform?: Transform;
}

/** Answers as columns of the rows that were scored, and where those rows stood. */
interface Finished {
  readonly columns: ReadonlyMap<string, Column>;
  readonly places: Int32Array | undefined;
  readonly problems: ReadonlyMap<number, Problem>;
}

type Lap = (stage: keyof Timings) => void;
const noLap: Lap = () => {};

/** Adds the time since the last lap to a stage. */
const stopwatch = (timings: Timings | undefined): Lap => {
  if (timings === undefined) return noLap;
  let last = performance.now();
  return (stage) => {
    const now = performance.now();
    timings[stage] += now - last;
    last = now;
  };
};

const compose = (outer: Int32Array | undefined, inner: Int32Array | undefined): Int32Array | undefined =>
  outer === undefined ? inner : inner === undefined ? outer : inner.map((place) => outer[place]);

/** @throws MillraceError BAD_MANIFEST or BAD_MODEL when manifest and graph do not fit each other. */
export const createScorer = ({ manifest, digest, session, transform = {} }: ScorerParts): Scorer => {
  const { inputs, outputs, extraFields } = manifest;
  const strict = compileSignature(inputs, { extraFields, coerce: manifest.coerce });
  const answerSignature = compileSignature(withoutRanges(outputs), { strangers: 'allow' });
  let lenient: Signature | undefined = manifest.coerce ? strict : undefined;
  const signature = (coerce: boolean | undefined): Signature => {
    if (!coerce) return strict;
    lenient ??= compileSignature(inputs, { extraFields, coerce: true });
    return lenient;
  };
  const preparation = compilePreparation(manifest, session.inputs, transform);
  const { bindings } = preparation;
  const fromGraph = Object.entries(outputs).filter(
    ([name, field]) =>
      transform.finish === undefined || field.from !== undefined || session.outputs.some((spec) => spec.name === name),
  );
  const outputBindings = bindOutputs(Object.fromEntries(fromGraph), session.outputs);
  const names = [...new Set(outputBindings.map(({ from }) => from))];
  const most = rowsPerRun(session);
  const finish = transform.finish && finisher(transform.finish, answerSignature);
  const givenRow = plainRowReader(inputs);
  const readers = Object.entries(outputs).map(([name, field]) => ({ name, read: valueReader(field) }));

  const gate = createGate(`The scorer of ${manifest.name}@${manifest.version}`, () => session.close());

  const pipeline = async (input: Batch, lap: Lap): Promise<Finished> => {
    lap('validate');
    const problems = new Map(input.problems);
    let places: Int32Array | undefined;
    let batch = input;
    /** Drops refused rows, and remembers their problems by their first place. */
    const settle = (): void => {
      if (batch.problems.size === 0) return;
      for (const [row, problem] of batch.problems) problems.set(places === undefined ? row : places[row], problem);
      const compacted = batch.compact();
      places = compose(places, compacted.places);
      batch = compacted.batch;
    };
    // What finish sees of a row is what came in, whatever the preparation makes of it.
    const given = finish && new Map(input.columns);
    settle();
    if (batch.rows > 0) preparation.apply(batch);
    settle();
    let feeds = bindings.map((binding) => binding.read(batch));
    if (batch.problems.size > 0) {
      settle();
      feeds = bindings.map((binding) => binding.read(batch));
    }
    lap('prepare');
    if (batch.rows === 0) return { columns: new Map(), places: new Int32Array(0), problems };
    // A package whose finish makes every output needs no run.
    const tensors = names.length === 0 ? new Map() : await runBatch(session, bindings, feeds, batch, names, most);
    lap('run');
    const answered = new Batch(batch.rows);
    for (const [row, problem] of batch.problems) answered.refuse(row, problem);
    for (const binding of outputBindings) {
      const tensor = tensors.get(binding.from);
      if (tensor) answered.columns.set(binding.name, binding.read(tensor, answered));
    }
    batch = answered;
    if (finish && given) batch = finish(answered, (row) => givenRow(given, places ? places[row] : row));
    settle();
    return { columns: batch.columns, places, problems };
  };

  const scoreRows: Scorer['score'] = async (rows, options) => {
    const lap = stopwatch(options?.timings);
    const { columns, places, problems } = await pipeline(signature(options?.coerce).fromRows(rows), lap);
    const answers = new Array<Answer>(rows.length);
    for (const [row, error] of problems) answers[row] = { error };
    const sources = readers.map(({ name }) => columns.get(name));
    const scored = places === undefined ? rows.length : places.length;
    for (let index = 0; index < scored; index++) {
      const output: Record<string, Value> = {};
      for (let field = 0; field < readers.length; field++) {
        const column = sources[field];
        if (column) output[readers[field].name] = readers[field].read(column, index);
      }
      answers[places === undefined ? index : places[index]] = { output };
    }
    lap('finish');
    return answers;
  };
  const scoreColumns: Scorer['scoreColumns'] = async (input, options) => {
    const lap = stopwatch(options?.timings);
    const batch = signature(options?.coerce).fromColumns(input);
    const { columns, places, problems } = await pipeline(batch, lap);
    const answered: Record<string, ColumnOutput> = {};
    for (const { name } of readers) {
      const column = columns.get(name);
      answered[name] = column
        ? spread(column, batch.rows, places)
        : spread(emptyColumn(outputs[name]), batch.rows, new Int32Array(0));
    }
    lap('finish');
    return { rows: batch.rows, columns: answered, errors: problems };
  };

  return {
    manifest,
    digest,
    graph: {
      inputs: session.inputs,
      outputs: session.outputs,
      ...(session.runtime && { runtime: session.runtime }),
    },
    score: (rows, options) => gate.through(() => scoreRows(rows, options)),
    scoreColumns: (columns, options) => gate.through(() => scoreColumns(columns, options)),
    close: gate.close,
  };
};

/** A range of an output says what to expect; a rounding error past it is no reason to withhold an answer. */
const withoutRanges = (outputs: OutputFields): OutputFields =>
  Object.fromEntries(
    Object.entries(outputs).map(([name, field]) => {
      const { min: _, max: __, ...rest } = field as OutputField & { readonly min?: number; readonly max?: number };
      return [name, rest];
    }),
  );

/** The transform module's `finish`, row by row; what it returns is checked like an input, by the outputs' signature. */
const finisher = (finish: NonNullable<Transform['finish']>, signature: Signature) => {
  const { fields } = signature;
  const plainRow = plainRowReader(fields);
  const converted = Object.entries(fields).flatMap(([name, field]) => {
    const kind = kindOf(field);
    return kind.column === 'number' && kind.fromPlain ? [{ name, convert: kind.fromPlain }] : [];
  });
  return (answered: Batch, rowOf: (row: number) => Record<string, unknown>): Batch => {
    const rows: Row[] = [];
    const failed = new Map(answered.problems);
    for (let row = 0; row < answered.rows; row++) {
      const output = plainRow(answered.columns, row);
      const { row: result, problem } = failed.has(row)
        ? { row: {} }
        : callTransform('finish', () => finish({ ...output }, rowOf(row)));
      if (problem) failed.set(row, problem);
      const merged: Record<string, unknown> = { ...output, ...result };
      for (const { name, convert } of converted) merged[name] = convert(merged[name]);
      rows.push(merged);
    }
    const batch = signature.fromRows(rows);
    for (const [row, problem] of batch.problems) {
      if (!failed.has(row))
        failed.set(row, { ...problem, code: 'BAD_OUTPUT', message: `The answer of finish: ${problem.message}` });
    }
    batch.problems.clear();
    for (const [row, problem] of failed) batch.refuse(row, problem);
    return batch;
  };
};
