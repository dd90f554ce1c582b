import assert from 'node:assert/strict';
import { copyFileSync, cpSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { createApp } from '../src/app.ts';
import { kindOf } from '../src/core/kinds/index.ts';
import { sizeOf } from '../src/core/row-tensors.ts';
import { compileSignature } from '../src/core/signature.ts';
import type { Answer, ColumnInput, Example, Field, Row, Scorer, Value } from '../src/core/types.ts';
import { readImageInNode } from '../src/images/in-node.ts';
import { checkExamples } from '../src/package/golden.ts';
import { loadScorer } from '../src/package/open.ts';
import { openOnnxNode } from '../src/runtimes/onnx.node.ts';
import { openOnnxWeb } from '../src/runtimes/onnx.web.ts';
import { draftOfGraph } from '../src/runtimes/onnx-draft.ts';
import { readOnnx } from '../src/runtimes/onnx-graph.ts';
import { tempFolder } from './temp-folder.ts';

const root = join(import.meta.dirname, '..');
/** Every folder of the repository that a model is packed from, but those of any length or of halves, which `torch-exports.test.ts` has. */
const folders = globSync('{bench,examples,test/fixtures}/**/model.yaml', {
  cwd: root,
  exclude: ['**/node_modules', '**/fixtures/torch/**'],
})
  .map((path) => path.split(sep).slice(0, -1).join('/'))
  .sort();

const examplesOf = (folder: string): Example[] =>
  JSON.parse(readFileSync(join(root, folder, 'examples.json'), 'utf8')) as Example[];
const appIn = (cwd: string) => createApp({ cwd, env: { HOME: cwd, MILLRACE_HOME: join(cwd, 'home') } });

/** Values that a field takes, some of which its model was made for, and now and then one that it refuses. */
const anyValue = (field: Field, known: readonly unknown[]): fc.Arbitrary<unknown> => {
  const strange = fc.constantFrom(null, undefined, Number.NaN, Infinity, 'x', '', -1e9, 2 ** 53, true, {}, [1]);
  const fitting = ((): fc.Arbitrary<unknown> => {
    switch (field.kind) {
      case 'number': {
        const { min = -1000, max = 1000 } = field;
        const edges = [min, max, 0, -0, 0.1, 1e-30, 16_777_217, 5e-324].filter((value) => value >= min && value <= max);
        return fc.oneof(fc.double({ min, max, noNaN: true }), fc.constantFrom(...edges));
      }
      case 'integer':
        return fc.integer({ min: Math.ceil(field.min ?? -1000), max: Math.floor(field.max ?? 1000) });
      case 'boolean':
        return fc.boolean();
      case 'category':
        return fc.constantFrom(...(field.labels ?? ['a', 'b']), ...(field.unknown === 'allow' ? ['never seen'] : []));
      case 'text':
        return fc.string({ maxLength: 8 });
      case 'datetime':
        return fc.date({ min: new Date('2015-01-01'), max: new Date('2030-01-01'), noInvalidDate: true });
      case 'tensor': {
        const length = sizeOf(field.shape.map((dim) => dim ?? 1));
        return fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: length, maxLength: length });
      }
      default:
        return fc.constant(kindOf(field).sample(field));
    }
  })();
  return fc.oneof(
    { weight: 60, arbitrary: fitting },
    ...(known.length > 0 ? [{ weight: 60, arbitrary: fc.constantFrom(...known) }] : []),
    ...(field.nullable ? [{ weight: 15, arbitrary: fc.constantFrom(null, undefined, Number.NaN) }] : []),
    { weight: 1, arbitrary: strange },
  );
};

const anyRow = ({ manifest: { inputs } }: Scorer, examples: readonly Example[]): fc.Arbitrary<Row> =>
  fc.record(
    Object.fromEntries(
      Object.entries(inputs).map(([name, field]) => [
        name,
        anyValue(
          field,
          examples.map(({ input }) => input[name]),
        ),
      ]),
    ),
  );

/** The value of one row of a column of answers, as it stands in an output row. */
const valueAt = (field: Field, column: ArrayLike<unknown>, row: number): Value => {
  const value = column[row] as Value;
  if (typeof value !== 'number') return value;
  if (Number.isNaN(value)) return null;
  return field.kind === 'boolean' ? value !== 0 : field.kind === 'datetime' ? new Date(value).toISOString() : value;
};

const byColumns = async (scorer: Scorer, columns: Readonly<Record<string, ColumnInput>>): Promise<Answer[]> => {
  const { rows, columns: answers, errors } = await scorer.scoreColumns(columns);
  return Array.from({ length: rows }, (_, row): Answer => {
    const error = errors.get(row);
    if (error) return { error };
    const values = Object.entries(scorer.manifest.outputs).map(([name, field]) => [
      name,
      valueAt(field, answers[name] as ArrayLike<unknown>, row),
    ]);
    return { output: Object.fromEntries(values) };
  });
};

const columnsOf = ({ manifest: { inputs } }: Scorer, rows: readonly Row[]) =>
  Object.fromEntries(Object.keys(inputs).map((name) => [name, rows.map((row) => row[name])]));

/** The columns as typed arrays, wherever the core would make one of them. */
const typedColumnsOf = ({ manifest }: Scorer, rows: readonly Row[]) =>
  Object.fromEntries(
    [...compileSignature(manifest.inputs, { coerce: manifest.coerce ?? false }).fromRows(rows).columns].map(
      ([name, column]): [string, ColumnInput] => [name, column.type === 'tensor' ? column.data : column.values],
    ),
  );

/** Rows cut at random places, scored piece by piece. */
const inPieces = async (scorer: Scorer, rows: readonly Row[], cuts: readonly number[]): Promise<Answer[]> => {
  const places = [0, ...cuts.map((cut) => Math.floor(cut * rows.length)).sort((a, b) => a - b), rows.length];
  const answers: Answer[] = [];
  for (let index = 1; index < places.length; index++)
    answers.push(...(await scorer.score(rows.slice(places[index - 1], places[index]))));
  return answers;
};

assert.ok(folders.length > 15, 'the models are found');

for (const folder of folders)
  describe(folder, () => {
    let scorer: Scorer;
    const examples = examplesOf(folder);
    const app = appIn(root);
    before(async () => {
      scorer = await app.scorer(`./${folder}`);
    });
    after(() => scorer.close());

    test('answers its golden examples as the library that trained it', async () => {
      assert.ok(examples.length > 0);
      assert.deepEqual(await checkExamples(scorer, examples), []);
    });

    test('answers its golden examples in WebAssembly too, as browsers run it', async () => {
      const web = await loadScorer(await app.open(`./${folder}`), (file) => openOnnxWeb(file), readImageInNode);
      assert.deepEqual(await checkExamples(web, examples), []);
      await web.close();
    });

    test('answers the same bits in rows, columns and any batch', async () => {
      const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), { maxLength: 4 });
      let scored = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(anyRow(scorer, examples), { minLength: 1, maxLength: 40 }),
          cuts,
          async (rows, at) => {
            const together = await scorer.score(rows);
            assert.deepEqual(await inPieces(scorer, rows, at), together, 'in pieces');
            const alone = [];
            for (const row of rows) alone.push(...(await scorer.score([row])));
            assert.deepEqual(alone, together, 'row by row');
            assert.deepEqual(await byColumns(scorer, columnsOf(scorer, rows)), together, 'in columns');
            const good = rows.filter((_, row) => together[row]?.output);
            scored += good.length;
            assert.deepEqual(
              await byColumns(scorer, typedColumnsOf(scorer, good)),
              together.filter(({ output }) => output),
              'in typed columns',
            );
          },
        ),
        { numRuns: 50 },
      );
      assert.ok(scored > 100, `${scored} rows were scored`);
    });

    test('is not packed when one golden answer is another', async (t) => {
      const copy = join(tempFolder(t), 'model');
      cpSync(join(root, folder), copy, { recursive: true });
      const index = examples.length - 1;
      const { input, output } = examples[index] as Example;
      for (const [name, value] of Object.entries(output)) {
        const other =
          typeof value === 'number' ? value * 1.01 + 0.01 : typeof value === 'boolean' ? !value : `not ${value}`;
        const changed = examples.with(index, { ...examples[index], input, output: { ...output, [name]: other } });
        writeFileSync(join(copy, 'examples.json'), JSON.stringify(changed));
        await assert.rejects(app.pack(copy), (error: Error & { code?: string }) => {
          assert.equal(error.code, 'EXAMPLE_OFF');
          assert.match(error.message, new RegExp(`example ${index}: ${name}: expected `));
          return true;
        });
      }
    });

    test('is packed without an edit from the model.yaml that init writes, and scores a row', async (t) => {
      const copy = join(tempFolder(t), 'model');
      mkdirSync(copy);
      copyFileSync(join(root, folder, 'model.onnx'), join(copy, 'model.onnx'));
      const yaml = draftOfGraph(readOnnx(readFileSync(join(copy, 'model.onnx'))), {
        model: 'model.onnx',
        name: 'model',
      });
      writeFileSync(join(copy, 'model.yaml'), yaml);
      const { package: packed } = await app.pack(copy);
      const first = await loadScorer(packed, openOnnxNode);
      t.after(() => first.close());
      const row = Object.fromEntries(
        Object.entries(packed.manifest.inputs).map(([name, field]): [string, Value] => {
          if (field.kind === 'category') return [name, field.labels?.[0] ?? 'a'];
          if (field.kind === 'tensor') return [name, new Float32Array(sizeOf(field.shape.map((dim) => dim ?? 1)))];
          return [name, field.kind === 'boolean' ? true : 1];
        }),
      );
      const [answer] = await first.score([row]);
      assert.deepEqual(answer?.error, undefined);
    });
  });

test('a batch larger than one run answers the same bits', async (t) => {
  const scorer = await appIn(root).scorer('./bench/models/trees-100x6');
  t.after(() => scorer.close());
  const rows = 20_000;
  const columns = Object.fromEntries(
    Object.keys(scorer.manifest.inputs).map((name, at) => [
      name,
      Float64Array.from({ length: rows }, (_, row) => Math.sin(row * 7 + at)),
    ]),
  );
  const { columns: whole } = await scorer.scoreColumns(columns);
  for (const [from, to] of [
    [0, 1],
    [16_383, 16_385],
    [19_000, rows],
  ] as const) {
    const part = Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values.slice(from, to)]));
    assert.deepEqual((await scorer.scoreColumns(part)).columns.score, (whole.score as Float64Array).slice(from, to));
  }
});
