/** What models run on in Node. */
import type { ModelSession } from '../core/types.ts';
import type { Engines, Runtime } from './runtime.ts';

const engines: Engines = {
  own: async () => (await import('./trees/own.ts')).ownRuntime,
  onnxRuntime: async () => (await import('./onnx.node.ts')).openOnnxNode,
};

/** @throws BAD_MODEL */
export const openInNode = (file: Uint8Array, runtime: Runtime): Promise<ModelSession> => runtime.open(file, engines);
