/** An operator of ONNX: what a node of it does, or why it is left to another runtime. */
import type { NodeAttributes } from '../../onnx-attributes.ts';
import type { MadeStep } from '../model.ts';
import type { Known } from '../values.ts';

/** What an operator may ask of its node's surroundings. */
export interface NodeContext {
  readonly attributes: NodeAttributes;
  /** Version of the operator's domain. */
  readonly opset: number;
  readonly outputs: number;
}

/** @throws Unusual, BAD_MODEL. Inputs that are not given are undefined. */
export type Operator = (context: NodeContext, inputs: readonly (Known | undefined)[]) => MadeStep;
/** By name, with `ml:` before those of ai.onnx.ml. */
export type Operators = Readonly<Record<string, Operator>>;
