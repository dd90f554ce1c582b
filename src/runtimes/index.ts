/**
 * The lazy table of runtimes for servers, by what `model.json` names. To add one: a file beside this one, a row here, and
 * the name of its model's file in `model-files.ts`.
 */
import type { Manifest, ModelSession } from '../core/types.ts';

export type OpenModel = (file: Uint8Array) => Promise<ModelSession>;

export const runtimes = {
  onnx: async (): Promise<OpenModel> => (await import('./onnx.node.ts')).openOnnxNode,
} as const satisfies Readonly<Record<Manifest['runtime'], () => Promise<OpenModel>>>;

export type RuntimeName = keyof typeof runtimes;
