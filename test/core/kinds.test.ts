import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { valueReader } from '../../src/core/finish.ts';
import { controlOf, type Field, kindOf, kinds, describe as wishOf } from '../../src/core/kinds/index.ts';
import type { FormControl, Schema } from '../../src/core/kinds/kind.ts';
import { sampleRow } from '../../src/core/sample-row.ts';
import { compileSignature } from '../../src/core/signature.ts';
import { codecOf } from '../../src/files/column-types.ts';
import { columnTypeOf } from '../../src/files/scoring.ts';
import { tensorSignature } from '../../src/modes/service/oip/signature.ts';
import { columnsOf, tensorsOf } from '../../src/modes/service/oip/tensors.ts';
import { modelSchema } from '../../src/package/model-schema.ts';
import { echo } from './echo.ts';

/** A value that a setting may have. */
const settingOf = ({ enum: values, type, items }: Schema): unknown => {
  if (Array.isArray(values)) return values[0];
  if (type === 'array') return [settingOf(items as Schema)];
  return type === 'string' ? 'a' : 2;
};

/** The least that a field of a kind may say. */
const fieldOf = (kind: Field['kind'], more: object = {}): Field => {
  const { properties, required = [] } = kinds[kind].settings;
  const settings = required.map((name) => [name, settingOf(properties[name] as Schema)]);
  return { kind, ...Object.fromEntries(settings), ...more } as Field;
};

const ajv = new Ajv2020({ strict: false, validateFormats: false });
const named = (x: Field) => ({ x });

/** What a form makes of a value that stands in one of its controls. */
const typedIn = (value: unknown, { reads }: FormControl): unknown => {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  if (reads === 'json') return JSON.parse(text);
  return reads === 'number' ? Number(text) : reads === 'boolean' ? text === 'true' : text;
};

for (const name of Object.keys(kinds) as readonly Field['kind'][]) {
  describe(`a field of kind ${name}`, () => {
    const field = fieldOf(name);
    const nullable = fieldOf(name, { nullable: true });
    const kind = kindOf(field);
    const sample = kind.sample(field);

    it('takes its sample, as a column of the type that it says', () => {
      const batch = compileSignature(named(field)).fromRows([sampleRow(named(field))]);
      assert.deepEqual([...batch.problems.values()], []);
      assert.equal(batch.columns.get('x')?.type, kind.column);
    });

    it('answers a value that it reads as the same again', async () => {
      const [answer] = await echo(named(field)).score([{ x: sample }]);
      const [again] = await echo(named(field)).score([{ x: answer?.output?.x }]);
      assert.ok(answer?.output, answer?.error?.message);
      assert.deepEqual(again?.output, answer.output);
    });

    it('takes a column of answers as it is', async () => {
      const scorer = echo(named(field));
      const { columns, errors } = await scorer.scoreColumns({ x: [sample, sample] });
      const again = await scorer.scoreColumns(columns);
      assert.deepEqual([...errors, ...again.errors], []);
      assert.deepEqual(again.columns.x, columns.x);
    });

    it('has a value missing only where it is nullable', () => {
      const read = (asked: Field) => compileSignature(named(asked), { strangers: 'allow' }).fromRows([{ x: null }, {}]);
      assert.deepEqual(
        [0, 1].map((row) => read(field).problems.get(row)?.code),
        ['NULL_VALUE', 'MISSING_FIELD'],
      );
      const batch = read(nullable);
      const column = batch.columns.get('x');
      assert.equal(batch.problems.size, 0);
      if (kind.column !== 'tensor') assert.equal(column && valueReader(nullable)(column, 0), null);
      assert.equal(wishOf(nullable), `${wishOf(field)} or null`);
    });

    it('has a JSON Schema that lets its values through, and null where it is nullable', () => {
      const validate = (asked: Field) => ajv.compile(kind.schema(asked));
      assert.ok(validate(field)(sample));
      assert.equal(validate(field)(null), false);
      if (kind.column !== 'tensor') assert.ok(validate(nullable)(null));
    });

    it('may stand in model.yaml with its own settings, and no others', () => {
      const check = ajv.compile(modelSchema.properties.inputs);
      assert.ok(check(named(nullable)), JSON.stringify(check.errors));
      assert.equal(check(named(fieldOf(name, { strange: 1 }))), false);
    });

    it('is read out of its control as it stood in it', () => {
      assert.deepEqual(typedIn(sample, controlOf(field)), sample);
    });

    it('goes through the Open Inference Protocol and back', async () => {
      const scorer = echo(named(field), { prepare: [] });
      const signature = tensorSignature({ manifest: scorer.manifest, graph: { inputs: [], outputs: [] } });
      const answers = await scorer.scoreColumns({ x: [sample, sample] });
      const { columns, rows } = columnsOf(signature, tensorsOf(signature.inputs, answers));
      assert.equal(rows, 2);
      assert.deepEqual((await scorer.scoreColumns(columns)).columns, answers.columns);
    });

    it('has a column in tables that holds its values', () => {
      const { encode } = codecOf(columnTypeOf(field));
      assert.notEqual(encode(sample), undefined);
    });
  });
}
