/** What a call of tensors asks, and what it is answered. */
import type { Card } from '../model.ts';
import type { InputTensor, OutputTensor } from './tensors.ts';

export interface InferRequest {
  readonly model: string;
  readonly version?: string | undefined;
  readonly inputs: readonly InputTensor[];
  /** Names; all outputs unless given. */
  readonly outputs?: readonly string[] | undefined;
}

export interface InferResponse {
  readonly model: Card;
  readonly outputs: readonly OutputTensor[];
  /** Who answered within which rollout, while there is one. */
  readonly variant?: string | undefined;
  readonly experiment?: string | undefined;
}
