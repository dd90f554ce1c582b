/** ONNX models on a server, by onnxruntime-node. */
import './no-telemetry.node.ts';
import { parse } from 'node:path';
import * as ort from 'onnxruntime-node';
import type { ModelSession } from '../core/types.ts';
import type { Weights } from '../core/weights.ts';
import { type Ort, type OrtSession, type OrtTensor, openOnnx } from './onnx-session.ts';
import { WEIGHTS_APART } from './runtime.ts';

const options: ort.InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  logSeverityLevel: 4,
};

/** Weights in a file of their own are mapped into memory by ONNX Runtime, whose paths start from the root of the file system. */
const withFiles: ort.InferenceSession.SessionOptions = {
  ...options,
  extra: { session: { model_external_initializers_file_folder_path: parse(process.cwd()).root } },
};

const openWith = (own: ort.InferenceSession.SessionOptions): Ort => ({
  tensor: (dtype, data, dims) => new ort.Tensor(dtype, data as never, dims) as OrtTensor,
  open: async (bytes) => (await ort.InferenceSession.create(bytes, own)) as unknown as OrtSession,
});

export const openOnnxNode = (file: Uint8Array): Promise<ModelSession> => openOnnx(file, openWith(options));

/** A graph whose weights lie in a file of their own. @throws BAD_MODEL */
export const openApart = async (file: Uint8Array, weights: Weights): Promise<ModelSession> => {
  const { relocated } = await import('./onnx-gather.ts');
  const { file: graph, places } = relocated(file, weights);
  const session = await openOnnx(graph, openWith(withFiles), places);
  return { ...session, runtime: { name: 'onnxruntime', why: WEIGHTS_APART } };
};
