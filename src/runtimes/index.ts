/** The lazy table of runtimes for servers, by what `model.json` names. To add one: a file beside this one, and a row. */
import type { ModelSession } from '../core/types.ts';

export type OpenModel = (file: Uint8Array) => Promise<ModelSession>;

export const runtimes = {
  onnx: async (): Promise<OpenModel> => (await import('./onnx.node.ts')).openOnnxNode,
} as const;

export type RuntimeName = keyof typeof runtimes;
