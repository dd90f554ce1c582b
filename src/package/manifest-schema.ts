/** The JSON Schemas of what a package has within, by which it is checked wherever it is opened. Web-standard. */
import { kindNames, kinds } from '../core/kinds/index.ts';
import { said } from '../core/kinds/schemas.ts';
import { stepKinds, stepNames } from '../core/steps/index.ts';

const common = {
  description: said('What the field means, for people'),
  example: { description: 'A value as an example, for forms and documentation' },
};

const source = {
  from: said("The graph's output that holds it (default: the field's own name)"),
  at: { type: 'integer', minimum: 0, description: 'Column of a graph output of shape [rows, columns]' },
};

const target = { to: said("The graph's input that takes it (default: the one of the field's own name)") };

const fieldSchema = (more: object) => ({
  type: 'object',
  required: ['kind'],
  properties: { kind: { enum: kindNames } },
  allOf: Object.entries(kinds).map(
    ([
      kind,
      {
        settings: { properties, required = [] },
      },
    ]) => ({
      if: { properties: { kind: { const: kind } }, required: ['kind'] },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: {
        additionalProperties: false,
        required: ['kind', ...required],
        properties: { kind: {}, ...common, ...properties, ...more },
      },
    }),
  ),
});

/** Names that JavaScript objects already have would be found in every row. */
const fieldNames = {
  minLength: 1,
  maxLength: 128,
  not: { enum: [...Object.getOwnPropertyNames(Object.prototype), 'prototype'] },
};

const stepSchema = () => ({
  type: 'object',
  minProperties: 1,
  maxProperties: 1,
  additionalProperties: false,
  properties: Object.fromEntries(stepNames.map((name) => [name, stepKinds[name]?.schema ?? {}])),
});

const tolerance = {
  type: 'object',
  additionalProperties: false,
  properties: {
    atol: { type: 'number', minimum: 0, description: 'Absolute (default 1e-6)' },
    rtol: { type: 'number', minimum: 0, description: 'Relative (default 1e-5)' },
  },
};

const SEMVER = '^(0|[1-9]\\d*)\\.(0|[1-9]\\d*)\\.(0|[1-9]\\d*)(-[0-9A-Za-z-]+(\\.[0-9A-Za-z-]+)*)?$';

const text = { type: 'string' } as const;

/** What model.yaml says that model.json keeps, of kinds and steps that are loaded; the words for people stand in the schema of model.yaml. */
export const kept = () =>
  ({
    name: { type: 'string', pattern: '^[a-z0-9](?:[a-z0-9._-]{0,126}[a-z0-9])?$' },
    version: { type: 'string', pattern: SEMVER },
    description: text,
    license: text,
    inputs: { type: 'object', minProperties: 1, propertyNames: fieldNames, additionalProperties: fieldSchema(target) },
    outputs: { type: 'object', minProperties: 1, propertyNames: fieldNames, additionalProperties: fieldSchema(source) },
    extraFields: { enum: ['ignore', 'reject'] },
    coerce: { type: 'boolean' },
    prepare: { type: 'array', items: stepSchema() },
    tolerance,
    intendedUse: text,
    limitations: text,
    metadata: { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean'] } },
    provenance: {
      type: 'object',
      additionalProperties: false,
      properties: {
        commit: said('Git commit of the training code'),
        data: said('Digest of the training data: sha256:…'),
        trainer: said('Library and version that trained it'),
        trained: said('When, as ISO 8601'),
        metrics: { type: 'object', additionalProperties: { type: 'number' } },
      },
    },
  }) as const;

/** The JSON Schema of model.json, the manifest within a package. */
export const manifestSchema = () =>
  ({
    type: 'object',
    additionalProperties: false,
    required: ['name', 'version', 'runtime', 'inputs', 'outputs'],
    // A row of the table of runtimes; a version that lacks it says so when the model is loaded.
    properties: { ...kept(), runtime: text },
  }) as const;

const tolerated = { type: 'number', minimum: 0 } as const;

/** The JSON Schema of examples.json. */
export const examplesSchema = {
  type: 'array',
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['input', 'output'],
    properties: {
      // A row as a caller sends it, and what the library that trained the model answers.
      input: { type: 'object' },
      output: { type: 'object', minProperties: 1 },
      // Absolute and relative tolerance of this example.
      atol: tolerated,
      rtol: tolerated,
      // What the example is about.
      note: text,
    },
  },
} as const;
