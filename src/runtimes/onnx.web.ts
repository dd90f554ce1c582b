/** ONNX models in a browser, by onnxruntime-web's WebAssembly build. Web-standard. */
import * as ort from 'onnxruntime-web/wasm';
import type { ModelSession } from '../core/types.ts';
import { type OrtSession, type OrtTensor, openOnnx } from './onnx-session.ts';

/** `wasm`: where the .wasm and .mjs files of onnxruntime-web lie (a URL ending in /); beside the script unless given. */
export const openOnnxWeb = async (
  file: Uint8Array,
  { wasm }: { readonly wasm?: string } = {},
): Promise<ModelSession> => {
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
  if (wasm !== undefined) ort.env.wasm.wasmPaths = wasm;
  const session = await openOnnx(file, {
    tensor: (dtype, data, dims) => new ort.Tensor(dtype, data as never, dims) as OrtTensor,
    open: async (bytes) =>
      (await ort.InferenceSession.create(bytes, { executionProviders: ['wasm'] })) as unknown as OrtSession,
  });
  // A WebAssembly session refuses a second run while one is under way, so runs stand in line.
  let last: Promise<unknown> = Promise.resolve();
  return {
    ...session,
    run(feeds, outputs) {
      const next = last.then(() => session.run(feeds, outputs));
      last = next.catch(() => undefined);
      return next;
    },
  };
};
