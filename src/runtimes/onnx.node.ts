/** ONNX models on a server, by onnxruntime-node. */
import './no-telemetry.node.ts';
import * as ort from 'onnxruntime-node';
import type { ModelSession } from '../core/types.ts';
import { type OrtSession, type OrtTensor, openOnnx } from './onnx-session.ts';

const options: ort.InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  logSeverityLevel: 4,
};

export const openOnnxNode = (file: Uint8Array): Promise<ModelSession> =>
  openOnnx(file, {
    tensor: (dtype, data, dims) => new ort.Tensor(dtype, data as never, dims) as OrtTensor,
    open: async (bytes) => (await ort.InferenceSession.create(bytes, options)) as unknown as OrtSession,
  });
