/** What models run on in Node. */
import type { ModelSession } from '../core/types.ts';
import type { Weights } from '../core/weights.ts';
import type { Engines, Runtime } from './runtime.ts';

const engines: Engines = {
  own: async () => (await import('./trees/own.ts')).ownRuntime,
  onnxRuntime: async () => {
    const { openOnnxNode, openApart } = await import('./onnx.node.ts');
    return (file, weights) => (weights ? openApart(file, weights) : openOnnxNode(file));
  },
};

/** @throws BAD_MODEL */
export const openInNode = (file: Uint8Array, runtime: Runtime, weights?: Weights): Promise<ModelSession> =>
  runtime.open(file, engines, weights);
