import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { parse } from 'yaml';
import { bundleTransform } from '../../src/package/bundle.ts';
import { flawOf } from '../../src/package/fits-schema.ts';
import { examplesSchema, manifestSchema } from '../../src/package/manifest-schema.ts';
import { modelSchema } from '../../src/package/model-schema.ts';
import { loadTransform } from '../../src/package/transform-module.ts';
import { files, modelFolder, packed } from './model-folder.ts';

describe('the schema within packages', () => {
  const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true });
  const manifest = async (t: Parameters<typeof modelFolder>[0]) => (await packed(modelFolder(t))).package.manifest;

  /** A value, or one with something in it changed, added or left out. */
  const damaged = (value: unknown): fc.Arbitrary<unknown> => {
    const strange = fc.constantFrom<unknown>(
      null,
      0,
      -1,
      1.5,
      '',
      'x',
      'number',
      true,
      [],
      {},
      [1, 1],
      { kind: 'number' },
      { a: 1 },
    );
    if (typeof value !== 'object' || value === null)
      return fc.oneof({ weight: 150, arbitrary: fc.constant(value) }, strange);
    if (Array.isArray(value)) {
      const items = fc.tuple(...value.map(damaged));
      return fc.oneof(
        { weight: 50, arbitrary: items },
        strange,
        items.map((list) => [...list, 'more']),
      );
    }
    const entries = Object.entries(value).map(([key, inner]) =>
      fc.tuple(
        fc.oneof(
          { weight: 150, arbitrary: fc.constant(key) },
          fc.constantFrom('kind', 'constructor', 'at', 'unit', `${key}x`),
        ),
        damaged(inner),
      ),
    );
    const object = fc.tuple(...entries).map((list) => Object.fromEntries(list));
    return fc.oneof(
      { weight: 80, arbitrary: object },
      strange,
      object.map((all) => Object.fromEntries(Object.entries(all).slice(1))),
    );
  };

  for (const [what, schema, example] of [
    ['manifests', manifestSchema(), manifest],
    ['model.yaml', modelSchema, async () => parse(String(files['model.yaml']))],
    ['examples', examplesSchema, async () => JSON.parse(String(files['examples.json']))],
  ] as const)
    test(`is understood as a full validator understands it: ${what}`, async (t) => {
      const valid = ajv.compile(schema);
      const value: unknown = await example(t);
      assert.equal(flawOf(schema, value), undefined);
      let refusals = 0;
      fc.assert(
        fc.property(damaged(JSON.parse(JSON.stringify(value))), (other) => {
          const fits = valid(other);
          if (!fits) refusals++;
          assert.equal(
            flawOf(schema, other) === undefined,
            fits,
            inspect({ other, errors: valid.errors }, { depth: 9 }),
          );
        }),
        { numRuns: 3000 },
      );
      assert.ok(refusals > 300 && refusals < 2700, `${refusals}`);
    });

  test('is a valid JSON Schema', () => {
    for (const schema of [modelSchema, manifestSchema(), examplesSchema])
      assert.equal(ajv.validateSchema(schema), true);
  });
});

describe('docs/PACKAGE.md', () => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/PACKAGE.md'), 'utf8');
  const block = (language: string): string => text.split(`\`\`\`${language}\n`)[1]?.split('```')[0] ?? '';
  test('shows a model.yaml that fits the schema and uses every key of it', () => {
    const yaml = parse(block('yaml')) as Readonly<Record<string, object>>;
    assert.equal(flawOf(modelSchema, yaml), undefined);
    assert.deepEqual(Object.keys(yaml).sort(), Object.keys(modelSchema.properties).sort());
    const { provenance } = modelSchema.properties;
    assert.deepEqual(Object.keys(yaml.provenance ?? {}).sort(), Object.keys(provenance.properties).sort());
  });
  test('shows a transform.ts that can be bundled', async (t) => {
    const file = join(modelFolder(t, { 'transform.ts': block('ts') }), 'transform.ts');
    const { prepare, finish } = await loadTransform(await bundleTransform(file));
    assert.deepEqual(prepare?.({ payment: 'credit card' }), { card: true });
    assert.deepEqual(finish?.({ minutes: -3 }, {}), { minutes: 1 });
  });
  test('names every setting of every kind of field', () => {
    for (const { then } of modelSchema.properties.outputs.additionalProperties.allOf)
      for (const key of Object.keys(then.properties)) assert.ok(text.includes(`\`${key}\``), key);
  });
});
