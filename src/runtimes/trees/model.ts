/**
 * A model as the own runtime takes it: steps that make named values out of named values, in order. Readers of formats make one
 * (ONNX: `onnx-model.ts`); the session makes it ready and runs it.
 */
import type { Tensor, TensorSpec } from '../../core/types.ts';
import type { Known, NodeValue } from './values.ts';

export interface TabularModel {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /** Read when a step asks for one. */
  readonly constants: ReadonlyMap<string, () => Tensor>;
  readonly steps: readonly GraphStep[];
}

export interface GraphStep {
  /** For messages. */
  readonly op: string;
  /** Names of values; empty for an optional one that is not given. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /**
   * Checks what it will be given and says what it will make. Every row's outputs follow from that row alone.
   *
   * @throws Unusual for what is left to another runtime, BAD_MODEL for what is damaged.
   */
  readonly make: (inputs: readonly (Known | undefined)[]) => MadeStep;
}

export interface MadeStep {
  /** Of each output what is known of it. */
  readonly outputs: readonly Known[];
  /** In the order of the outputs. @throws Error for rows that it cannot take. */
  run(inputs: readonly NodeValue[], rows: number): readonly NodeValue[];
}
