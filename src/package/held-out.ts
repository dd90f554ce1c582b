/**
 * A table that the library which trained the model has answered, row by row: every row is held against the package, and
 * some of them travel with it as golden examples, so that other machines hold them too.
 */
import type { Column } from '../core/columns.ts';
import { fail, type Problem, showNames } from '../core/errors.ts';
import { valueReader } from '../core/finish.ts';
import { kindOf } from '../core/kinds/index.ts';
import { compileSignature } from '../core/signature.ts';
import { fromTable } from '../core/table-rows.ts';
import type { ColumnOutput, Example, Field, Scorer, Tolerance, Value } from '../core/types.ts';
import { formatOf, readTable } from '../files/index.ts';
import { answerColumn, inputColumns, scoreChunk } from '../files/scoring.ts';
import { type Cells, cellsOf, type TableChunk } from '../files/table.ts';
import { toldColumn } from '../files/told-column.ts';
import type { HeldOutFile } from './examples-source.ts';
import { deviates, isFurther, type RowDeviation, toleranceOf } from './golden.ts';
import { startKeeping } from './kept-examples.ts';

/** What a table came to, all of whose rows hold. */
export interface HeldOut {
  readonly rows: number;
  readonly examples: readonly Example[];
}

/** The output, and the column that holds what the library answered. */
interface Expected {
  readonly output: string;
  readonly column: string;
}

const SHOWN = 5;

const bad = ({ name }: HeldOutFile, row: number | undefined, { code: _, message, ...details }: Problem) =>
  fail('BAD_EXAMPLES', `${name}${row === undefined ? '' : `, row ${row}`}: ${message}`, details);

const noColumn = (file: HeldOutFile, message: string, expected: string, got: readonly string[]) =>
  bad(file, undefined, { code: 'BAD_EXAMPLES', message, expected, got: showNames(got) });

/** The columns that hold answers: as model.yaml says, else `predicted_<output>` or `<output>`. */
const expectedIn = (file: HeldOutFile, scorer: Scorer, have: readonly string[]): readonly Expected[] => {
  const outputs = Object.keys(scorer.manifest.outputs);
  if (file.expect) {
    return Object.entries(file.expect).map(([output, column]) => {
      if (!outputs.includes(output))
        throw noColumn(file, `the signature has no output ${output} to expect.`, showNames(outputs), [output]);
      if (!have.includes(column)) throw noColumn(file, `there is no column ${column}.`, `a column ${column}`, have);
      return { output, column };
    });
  }
  const inputs = Object.keys(scorer.manifest.inputs);
  const found = outputs.flatMap((output): readonly Expected[] => {
    const names = [`predicted_${output}`, output].filter((name) => have.includes(name) && !inputs.includes(name));
    return names.slice(0, 1).map((column) => ({ output, column }));
  });
  if (found.length > 0) return found;
  const wanted = showNames(outputs.map((output) => `predicted_${output}`));
  const how = `name them: examples: { file: ${file.name}, expect: { ${outputs[0]}: <column> } }`;
  throw noColumn(file, `no column holds what the library answers; ${how}.`, `columns such as ${wanted}`, have);
};

const refuseFirst = (file: HeldOutFile, chunk: TableChunk, problems: ReadonlyMap<number, Problem>): void => {
  if (problems.size === 0) return;
  const first = Math.min(...problems.keys());
  throw bad(file, chunk.place(first).row, problems.get(first) as Problem);
};

type ValueAt = (row: number) => Value;

/** The values of a column of answers, one a row. */
const answersAt = (field: Field, answers: ColumnOutput, rows: number): ValueAt => {
  if (kindOf(field).column === 'tensor') {
    const values = answerColumn(field, answers, rows) as readonly Value[];
    return (row) => values[row];
  }
  const read = valueReader(field);
  const column = { type: kindOf(field).column, values: answers } as Column;
  return (row) => read(column, row);
};

/** The rows of a chunk as a caller would send them. @throws BAD_EXAMPLES for a value that the signature refuses */
const inputsAt = (file: HeldOutFile, { manifest }: Scorer, chunk: TableChunk, cells: Cells) => {
  const coerce = cells === 'text' || manifest.coerce === true;
  const signature = compileSignature(manifest.inputs, { coerce });
  const { columns, problems } = fromTable(signature, inputColumns(chunk, manifest, cells));
  refuseFirst(file, chunk, problems);
  const readers = Object.entries(manifest.inputs).map(([name, field]) => {
    const [read, column] = [valueReader(field), columns.get(name) as Column];
    return [name, (row: number): Value => read(column, row)] as const;
  });
  return (row: number) => Object.fromEntries(readers.map(([name, read]) => [name, read(row)]));
};

const outputsAt = (
  file: HeldOutFile,
  { manifest }: Scorer,
  chunk: TableChunk,
  cells: Cells,
  expected: readonly Expected[],
): readonly (readonly [string, ValueAt])[] =>
  expected.map(({ output, column: name }) => {
    const field = manifest.outputs[output];
    if (chunk.columns[name] === undefined)
      throw noColumn(file, `there is no column ${name}.`, `a column ${name}`, Object.keys(chunk.types));
    const { column, problems } = toldColumn(name, field, chunk.columns[name], cells);
    refuseFirst(file, chunk, problems);
    const read = valueReader(field);
    return [output, (row) => read(column, row)];
  });

const quote = (value: unknown): string => JSON.stringify(value) ?? 'nothing';

const lineOf = ({ row, field, expected, got, difference, allowed, problem }: RowDeviation): string => {
  if (problem) return `row ${row}: ${problem.message}`;
  const off =
    difference === undefined ? '' : ` (off by ${difference.toPrecision(3)}, ${allowed?.toPrecision(3)} allowed)`;
  return `row ${row}: ${field}: expected ${quote(expected)}, got ${quote(got)}${off}`;
};

const exampleOff = (
  file: HeldOutFile,
  rows: number,
  off: number,
  worst: readonly RowDeviation[],
  expected: readonly Expected[],
) => {
  const own = file.expect === undefined && off * 2 > rows && expected.find(({ output, column }) => output === column);
  const hint = own
    ? `\n  The column ${own.column} is read as what the library predicts. If it is what was true, name the other: expect: { ${own.output}: <column> }`
    : '';
  const more = off > worst.length ? `\n  and ${off - worst.length} more` : '';
  const message = `${off} of ${rows} rows of ${file.name} are off, the worst first:\n  ${worst.map(lineOf).join('\n  ')}${more}${hint}`;
  return fail('EXAMPLE_OFF', message, {
    expected: "answers within the tolerance of the library's",
    got: `${off} that are not`,
  });
};

/** The worst deviation of a row; undefined where it holds. */
const worstOf = (
  row: number,
  expected: readonly (readonly [string, ValueAt])[],
  got: Readonly<Record<string, ValueAt>>,
  tolerance: Tolerance,
  at: number,
): RowDeviation | undefined => {
  let worst: RowDeviation | undefined;
  for (const [field, wanted] of expected) {
    const [should, is] = [wanted(at), got[field](at)];
    const off = deviates(is, should, tolerance);
    if (off === undefined) continue;
    const found = { row, field, expected: should, got: is, ...off };
    if (worst === undefined || isFurther(found, worst)) worst = found;
  }
  return worst;
};

/**
 * Scores every row of a table, in flat memory, and holds the answers against its columns.
 *
 * @throws BAD_EXAMPLES for a table that cannot be read or lacks columns; EXAMPLE_OFF with the rows that are furthest off
 */
export const holdOut = async (scorer: Scorer, file: HeldOutFile): Promise<HeldOut> => {
  const { manifest } = scorer;
  const cells = cellsOf[formatOf(file.path)];
  const tolerance = toleranceOf(manifest);
  const keeping = startKeeping();
  const worst: RowDeviation[] = [];
  let expected: readonly Expected[] | undefined;
  let [rows, off] = [0, 0];
  for await (const chunk of readTable(file.path)) {
    const [reject] = chunk.rejects;
    if (reject) throw bad(file, reject.row, reject.problem);
    expected ??= expectedIn(file, scorer, Object.keys(chunk.types));
    if (chunk.rows === 0) continue;
    const inputs = inputsAt(file, scorer, chunk, cells);
    const wanted = outputsAt(file, scorer, chunk, cells, expected);
    const { columns, errors } = await scoreChunk(scorer, chunk, cells);
    const got = Object.fromEntries(
      expected.map(({ output }) => [output, answersAt(manifest.outputs[output], columns[output], chunk.rows)]),
    );
    for (let at = 0; at < chunk.rows; at++, rows++) {
      const { row } = chunk.place(at);
      const problem = errors.get(at);
      const found = problem
        ? { row, field: problem.field ?? '', expected: undefined, got: problem.message, problem }
        : worstOf(row, wanted, got, tolerance, at);
      if (found) {
        off++;
        worst.push(found);
        if (worst.length > 2 * SHOWN) worst.sort((a, b) => (isFurther(a, b) ? -1 : 1)).splice(SHOWN);
      } else if (keeping.wants(rows))
        keeping.add(rows, {
          input: inputs(at),
          output: Object.fromEntries(wanted.map(([name, read]) => [name, read(at)])),
        });
    }
    chunk.release?.();
  }
  if (rows === 0 || expected === undefined)
    throw bad(file, undefined, { code: 'BAD_EXAMPLES', message: 'there are no rows.', expected: 'rows', got: 'none' });
  worst.sort((a, b) => (isFurther(a, b) ? -1 : 1)).splice(SHOWN);
  if (off > 0) throw exampleOff(file, rows, off, worst, expected);
  return { rows, examples: keeping.kept() };
};
