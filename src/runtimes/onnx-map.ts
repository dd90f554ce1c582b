/** Graphs that take a map of names and values in place of a row's columns, as DictVectorizer does. Web-standard. */
import { fail, showNames } from '../core/errors.ts';
import { GRAPH, TYPE, VALUE } from './onnx-fields.ts';
import { readNode, stringsOf, textOf } from './onnx-node.ts';
import { graphOf } from './onnx-structure.ts';
import { mergedOf, valuesOf } from './protobuf.ts';

const none = new Uint8Array();
const MAX_NAMES = 8;

const pythonList = (names: readonly string[]): string => `[${names.map((name) => JSON.stringify(name)).join(', ')}]`;

/** What a map has, by its vocabulary: `payment=cash` is a text under a key, `distance` a number. */
const keysOf = (vocabulary: readonly string[]) => {
  const keys = (isText: boolean) =>
    [...new Set(vocabulary.filter((word) => word.includes('=') === isText).map((word) => word.split('=')[0]))].slice(
      0,
      MAX_NAMES,
    );
  return { texts: keys(true), numbers: keys(false) };
};

/** @throws BAD_MODEL for an input that is a map, with the way on */
export const refuseMaps = (file: Uint8Array): void => {
  const graph = graphOf(file);
  const inputs = valuesOf(graph, GRAPH.inputs);
  const input = inputs.find((value) => mergedOf(mergedOf(value, VALUE.type) ?? none, TYPE.map) !== undefined);
  if (input === undefined) return;
  const name = textOf(input, VALUE.name);
  const nodes = valuesOf(graph, GRAPH.nodes).map(readNode);
  const vectorizer = nodes.find(({ op, inputs: [first] }) => op === 'DictVectorizer' && first === name);
  const { texts, numbers } = keysOf(vectorizer === undefined ? [] : stringsOf(vectorizer, 'string_vocabulary'));
  const joined = texts.find((key) => key.includes('_')) ?? 'PU_DO';
  const [one = 'PU', other = 'DO'] = joined.split('_');
  const message = `The graph takes a map, ${name}, where rows have fields: DictVectorizer made it.
  In its place put OneHotEncoder, which takes columns, and train and export that:
      from sklearn.compose import make_column_transformer
      from sklearn.preprocessing import OneHotEncoder

      columns = make_column_transformer(
          (OneHotEncoder(handle_unknown="ignore"), ${pythonList(texts)}),
          ("passthrough", ${pythonList(numbers)}))
      model = make_pipeline(columns, LinearRegression())  # in place of make_pipeline(DictVectorizer(), …)
  A column that was made of two fields is then a step of model.yaml:
      prepare:
        - join: { fields: [${one}, ${other}], with: "_", as: ${joined} }`;
  throw fail('BAD_MODEL', message, {
    field: name,
    expected: 'an input that is a tensor, a column or several',
    got: `a map of ${showNames([...texts, ...numbers])}`,
  });
};
