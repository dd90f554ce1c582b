/** A loaded package: validate → prepare → run → finish. It knows no transport, no file and no database. */
import { emptyColumn, spread, valueReader } from './finish.ts';
import { createGate } from './gate.ts';
import { startLaps } from './laps.ts';
import { compilePipeline, type PipelineParts } from './pipeline.ts';
import { compileSignature, type Signature } from './signature.ts';
import type { Answer, ColumnOutput, Scorer, Value } from './types.ts';

export interface ScorerParts extends PipelineParts {
  readonly digest: string;
}

/** @throws MillraceError BAD_MANIFEST or BAD_MODEL when manifest and graph do not fit each other. */
export const createScorer = (parts: ScorerParts): Scorer => {
  const { manifest, digest, session } = parts;
  const { inputs, outputs, extraFields } = manifest;
  const strict = compileSignature(inputs, { extraFields, coerce: manifest.coerce });
  let lenient: Signature | undefined = manifest.coerce ? strict : undefined;
  const signature = (coerce: boolean | undefined): Signature => {
    if (!coerce) return strict;
    lenient ??= compileSignature(inputs, { extraFields, coerce: true });
    return lenient;
  };
  const pipeline = compilePipeline(parts);
  const readers = Object.entries(outputs).map(([name, field]) => ({ name, read: valueReader(field) }));
  const gate = createGate(`The scorer of ${manifest.name}@${manifest.version}`, () => session.close());

  const scoreRows: Scorer['score'] = async (rows, options) => {
    const lap = startLaps(options?.timings);
    const { batch, places, problems } = await pipeline(signature(options?.coerce).fromRows(rows), lap);
    const answers = new Array<Answer>(rows.length);
    for (const [row, error] of problems) answers[row] = { error };
    const sources = readers.map(({ name }) => batch.columns.get(name));
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
    const lap = startLaps(options?.timings);
    const given = signature(options?.coerce).fromColumns(input);
    const { rows } = given;
    const { batch, places, problems } = await pipeline(given, lap);
    const columns: Record<string, ColumnOutput> = {};
    for (const { name } of readers) {
      const column = batch.columns.get(name);
      columns[name] = column
        ? spread(column, rows, places)
        : spread(emptyColumn(outputs[name]), rows, new Int32Array(0));
    }
    lap('finish');
    return { rows, columns, errors: problems };
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
