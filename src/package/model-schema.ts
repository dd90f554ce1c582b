/** The JSON Schema of model.yaml, published as schemas/model.schema.json (`npm run schemas` writes it). */
import { said } from '../core/kinds/schemas.ts';
import { choices } from '../runtimes/runtime.ts';
import { kept } from './manifest-schema.ts';

/** Settings of fields and steps that may stand in a CSV file beside model.yaml; a package has them in model.json. */
const fileSettings: Readonly<Record<string, string>> = {
  labels: 'Values that are known, or a CSV file (*.csv) beside model.yaml, whose first column has them',
  table: 'A value for each key, or a CSV file (*.csv) beside model.yaml with a key and a value in each line',
};
const orFiles = <T>(schema: T): T =>
  JSON.parse(JSON.stringify(schema), (key, value) =>
    typeof value?.type === 'string' && Object.hasOwn(fileSettings, key)
      ? { ...value, type: [value.type, 'string'], pattern: '\\.csv$', description: fileSettings[key] }
      : value,
  ) as T;

type Kept = ReturnType<typeof kept>;

/** What the keys mean that model.json keeps. */
const meanings: Readonly<Partial<Record<keyof Kept, string>>> = {
  name: 'Lower-case letters, digits and . _ - between them',
  version: 'A semantic version such as 1.2.0',
  description: 'What the model answers, in a line',
  license: 'SPDX identifier',
  extraFields: 'Fields that the signature lacks are ignored (default) or refuse the row',
  coerce: 'Read numbers, booleans and dates from strings too (default false)',
  prepare: 'Preparation steps, in order',
  tolerance: 'How far an answer may be from the golden one: atol + rtol × |golden|',
  intendedUse: 'What the model is for',
  limitations: 'Where it should not be trusted',
};
const explained = Object.fromEntries(
  Object.entries(kept()).map(([key, schema]) => {
    const description = meanings[key as keyof Kept];
    return [key, description === undefined ? schema : { ...schema, description }];
  }),
) as Kept;

/** Columns of a table by output. */
const columns = { type: 'object', minProperties: 1, additionalProperties: said('The column') } as const;
const columnsOrText = { type: ['string', 'object'] } as const;

export const modelSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'model.yaml of Millrace',
  type: 'object',
  additionalProperties: false,
  required: ['name', 'version', 'model', 'inputs', 'outputs'],
  properties: {
    ...orFiles(explained),
    model: said('The model file, beside model.yaml'),
    runtime: {
      enum: Object.keys(choices),
      description:
        'Which runtime answers: the own one of tabular models, or ONNX Runtime (default: the own one where it knows every operator)',
    },
    weights: {
      enum: ['inside', 'beside'],
      description:
        'Where weights go that an ONNX file keeps in others: into the model up to 2 GiB (default), or in any case into a file of their own, which is mapped into memory',
    },
    transform: said('A TypeScript or JavaScript module that exports prepare(row) and/or finish(output, row)'),
    examples: {
      ...columnsOrText,
      description:
        'Golden examples: a JSON file [{ input, output, atol?, rtol? }] (default examples.json where there is one), or a table (CSV, NDJSON or Parquet) with the answers of the library in columns named as the outputs or predicted_<output>',
      required: ['file'],
      additionalProperties: false,
      properties: {
        file: said('A table: CSV, JSON, NDJSON or Parquet'),
        expect: { ...columns, description: 'The column that holds the answers of the library, for each output' },
      },
    },
    reference: {
      ...columnsOrText,
      description:
        'Sample of the training data (CSV, JSON, NDJSON or Parquet), profiled when packing (default reference.csv where there is one)',
      required: ['file'],
      additionalProperties: false,
      properties: {
        file: said('A table: CSV, JSON, NDJSON or Parquet'),
        truth: {
          ...columnsOrText,
          description: 'The column that holds what was true, or a column for each output',
          minProperties: 1,
          additionalProperties: said('The column'),
        },
      },
    },
  },
} as const;
