/**
 * The lazy table of runtimes for servers, by what `model.json` names. To add one: a file beside this one, a row here, and
 * the name of its model's file in `model-files.ts`. ONNX Runtime is loaded when the first graph needs it, and not before.
 */
import type { Manifest } from '../core/types.ts';
import type { OpenModel } from './trees/open.ts';

const onnxRuntime = async (): Promise<OpenModel> => (await import('./onnx.node.ts')).openOnnxNode;

export const runtimes = {
  onnx: async () => {
    const { openOnnx } = await import('./trees/open.ts');
    return (file) => openOnnx(file, onnxRuntime);
  },
  trees: async () => (await import('./trees/open.ts')).openTrees,
  onnxruntime: onnxRuntime,
  xgboost: async () => (await import('./trees/formats/index.ts')).openTreeFormat('xgboost'),
} as const satisfies Readonly<Record<Manifest['runtime'], () => Promise<OpenModel>>>;

export type RuntimeName = keyof typeof runtimes;
