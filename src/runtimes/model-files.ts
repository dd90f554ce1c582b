/** The name under which a package holds the model, by the runtime that its manifest names. Web-standard. */
import type { Manifest } from '../core/types.ts';

export const modelFiles = {
  onnx: 'model.onnx',
  trees: 'model.onnx',
  onnxruntime: 'model.onnx',
  xgboost: 'model.xgboost',
} as const satisfies Readonly<Record<Manifest['runtime'], string>>;
