/** ONNX graphs as models of the own runtime. */

import { attributesOf } from '../onnx-attributes.ts';
import { type OnnxNode, stringOf } from '../onnx-node.ts';
import type { OnnxGraph } from '../onnx-structure.ts';
import { decodeTensor } from '../onnx-tensor.ts';
import type { GraphStep, TabularModel } from './model.ts';
import type { Operators } from './operators/operator.ts';
import { unusual } from './unusual.ts';

const names: Readonly<Record<string, string>> = { '': '', 'ai.onnx': '', 'ai.onnx.ml': 'ml:' };

/** The name of a node's operator in tables of operators. */
export const operatorName = ({ op, domain }: OnnxNode): string => {
  // What is read past, so that the probabilities behind it come out.
  if (op === 'ZipMap') return 'Identity';
  return `${names[domain] ?? `${domain}.`}${op}`;
};

/** The row of a node in tables of operators: trees whose sums go through a post transform are one of their own. */
export const operatorRow = (node: OnnxNode): string => {
  const name = operatorName(node);
  const isScored = name === 'ml:TreeEnsembleRegressor' && !/^(?:NONE)?$/.test(stringOf(node, 'post_transform'));
  return isScored ? `${name}+post` : name;
};

const stepOf = (node: OnnxNode, opsets: OnnxGraph['opsets'], operators: Operators): GraphStep => {
  const { op, domain, inputs, outputs } = node;
  const name = operatorRow(node);
  const operator = Object.hasOwn(operators, name) ? operators[name] : undefined;
  if (operator === undefined) throw unusual(`an operator ${domain === '' ? op : `${domain}.${op}`}`);
  const context = {
    attributes: attributesOf(node),
    opset: opsets[domain === '' ? 'ai.onnx' : domain] ?? 1,
    outputs: outputs.length,
  };
  return { op, inputs, outputs, make: (known) => operator(context, known) };
};

/** @throws Unusual for what is left to ONNX Runtime */
export const modelOf = (
  { inputs, outputs, nodes, constants, opsets }: OnnxGraph,
  operators: Operators,
): TabularModel => ({
  inputs,
  outputs,
  constants: new Map([...constants].map(([name, tensor]) => [name, () => decodeTensor(tensor)])),
  steps: nodes.map((node) => stepOf(node, opsets, operators)),
});
