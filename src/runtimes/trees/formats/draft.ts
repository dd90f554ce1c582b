/** A first model.yaml out of a file of a library of boosted trees: its features are the fields, its classes the labels. */
import { fieldLine, labelList, MAX_COLUMNS, MAX_LABELS, namer, yaml } from '../../draft.ts';
import type { DraftNames } from '../../runtime.ts';
import { FEATURES, LABEL } from './open-trees.ts';
import type { Feature, TreeFile } from './tree-file.ts';

interface Column {
  readonly field: string;
  readonly line: string;
  /** What stands in the model's column: the field, or what a step makes of it. */
  readonly column: string;
  readonly step?: string;
}

/** What a model makes of 0 and of what is missing, where the two are one to it. */
const zeroComments = { 'for missing': '  # what is missing counts as 0', 'is missing': '  # 0 counts as missing' };

const columnOf = (feature: Feature, fieldName: (wanted: string) => string): Column => {
  const { name, takes, zero, others, categories, unknownSince = 'the file does not say which it stands for' } = feature;
  const field = fieldName(name);
  const line = (settings: string, comment = ''): string =>
    `  ${yaml(field)}: { ${settings}, nullable: true }${comment}`;
  if (takes !== 'category') return { field, column: field, line: line(`kind: ${takes}`, zero && zeroComments[zero]) };
  if (categories === undefined) {
    const comment = `  # the number of a category; ${unknownSince}`;
    return { field, column: field, line: line('kind: integer, min: 0', comment) };
  }
  const column = fieldName(`${field.slice(0, 100)}_code`);
  const texts = categories.map(String);
  const table = texts.map((text, code) => `${JSON.stringify(text)}: ${code}`).join(', ');
  const isText = categories.some((category) => typeof category === 'string');
  const unknown = others === 'allowed' ? ', unknown: allow' : '';
  const settings = isText
    ? `kind: category, labels: ${labelList(texts)}${unknown}`
    : `kind: ${categories.every(Number.isInteger) ? 'integer' : 'number'}`;
  const comment = isText ? '' : '  # one that the model was not trained with counts as missing';
  return {
    field,
    column,
    line: line(settings, comment),
    step: `  - lookup: { of: ${yaml(field)}, table: { ${table} }, as: ${yaml(column)} }`,
  };
};

const labelSettings = (classes: readonly (string | bigint)[]): string => {
  if (typeof classes[0] === 'bigint') return 'kind: integer';
  return `kind: category${classes.length > MAX_LABELS ? '' : `, labels: ${labelList(classes.map(String))}`}`;
};

const outputLines = ({ output, answer: { width, dtype, label } }: TreeFile): readonly string[] => {
  const isProbability = output === 'probability';
  const settings = isProbability ? 'kind: number, min: 0, max: 1' : 'kind: number';
  const label_ = label === undefined ? [] : [`  ${LABEL}: { ${labelSettings(label.classes)} }`];
  if (width === 1) return [...label_, fieldLine(output, output, 'from', `${settings}, at: 0`)];
  if (width > MAX_COLUMNS)
    return [...label_, fieldLine(output, output, 'from', `kind: tensor, dtype: ${dtype}, shape: [${width}]`)];
  return [
    ...label_,
    ...Array.from({ length: width }, (_, index) => {
      const name = `${output}_${label?.classes[index] ?? index}`;
      return `  ${yaml(name)}: { ${settings}, from: ${yaml(output)}, at: ${index} }`;
    }),
  ];
};

/** The text of a model.yaml for the trees of a library's own file. */
export const draftOfTrees = (file: TreeFile, { name, model }: DraftNames): string => {
  const { library, objective, features, input } = file;
  const fieldName = namer([FEATURES]);
  const columns = features.map((feature) => columnOf(feature, fieldName));
  const steps = columns.flatMap(({ step }) => step ?? []);
  const fields = columns.map(({ column }) => yaml(column)).join(', ');
  return `# How Millrace puts ${model} to work. Check it with: millrace pack <this folder>
# Every key is described in Millrace's docs/PACKAGE.md.
name: ${name}
version: 0.1.0
# description: What the model answers, in a line
# license: Apache-2.0
model: ${yaml(model)}

# What a caller sends: the features of the ${library} model, in its order. Give them limits and units that people know, for example
#   distance: { kind: number, unit: mile, min: 0, max: 200 }
# nullable: true lets missing values through, which trees have a way for.
inputs:
${columns.map(({ line }) => line).join('\n')}

# What a caller gets, by the objective ${objective}. from: the model's output; at: which of its columns.
outputs:
${outputLines(file).join('\n')}

# Steps from inputs to the one table that the model takes. Others: join, hour, weekday, difference, impute, …
prepare:
${[...steps, `  - concat: { fields: [${fields}], as: ${FEATURES}, dtype: ${input} }`].join('\n')}

# transform: transform.ts        # exports prepare(row) and/or finish(output, row)
# examples: examples.json        # golden: [{ "input": {…}, "output": {…} }], from the library that trained the model
# reference: reference.csv       # a sample of the training data, profiled for monitoring
# intendedUse: What the model is for
# limitations: Where it should not be trusted
# provenance: { trainer: ${library}, data: "sha256:…", metrics: { mae: 0.0 } }
`;
};
