/** A loaded package: validate → prepare → run → finish. It knows no transport, no file and no database. */
import { valueReader } from './finish.ts';
import { createGate } from './gate.ts';
import { startLaps } from './laps.ts';
import { onDemand } from './on-demand.ts';
import { compilePipeline, type PipelineParts } from './pipeline.ts';
import { compileSignature, type Signature } from './signature.ts';
import type { Answer, Scorer, Value } from './types.ts';

export interface ScorerParts extends PipelineParts {
  readonly digest: string;
}

const columnScoring = onDemand(() => import('./score-columns.ts'));

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

  return {
    manifest,
    digest,
    graph: {
      inputs: session.inputs,
      outputs: session.outputs,
      ...(session.runtime && { runtime: session.runtime }),
    },
    score: (rows, options) => gate.through(() => scoreRows(rows, options)),
    scoreColumns: (columns, options) =>
      gate.through(async () => {
        const { scoreColumns } = await columnScoring();
        return scoreColumns({ pipeline, outputs }, signature(options?.coerce), columns, options?.timings);
      }),
    close: gate.close,
  };
};
