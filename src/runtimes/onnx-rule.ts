/** What is known beforehand of what an operator gives. Web-standard. */
import type { OnnxNode } from './onnx-node.ts';
import type { GraphValue } from './onnx-value.ts';

/** What a node gives; or, in words, why it is not known to be safe. `work`: multiplications a row, where they are many. */
export type RuleAnswer = { readonly outputs: readonly GraphValue[]; readonly work?: number } | string;
/** Of a node whose first input is there; an input that is left out is undefined. */
export type NodeRule = (node: OnnxNode, x: GraphValue, inputs: readonly (GraphValue | undefined)[]) => RuleAnswer;

export const gives = (...outputs: readonly GraphValue[]): RuleAnswer => ({ outputs });
export const MISFIT = 'shapes that do not fit each other';
export const UNKNOWN_SHAPE = 'a shape that is known only when it runs';
