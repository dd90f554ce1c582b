/** Which runtime answers for a package, found out without running any of it. Web-standard. */
import type { AnsweringRuntime } from '../core/types.ts';
import { modelFiles } from '../runtimes/model-files.ts';
import { isTreeFormat, treeFormats } from '../runtimes/trees/formats/index.ts';
import { openTabular, reasonOf } from '../runtimes/trees/open.ts';
import { Unusual } from '../runtimes/trees/unusual.ts';
import type { Package } from './layout.ts';

/** @throws BAD_MODEL for a model that cannot be read */
export const answeringRuntime = ({ manifest, files }: Pick<Package, 'manifest' | 'files'>): AnsweringRuntime => {
  if (manifest.runtime === 'onnxruntime') return { name: 'onnxruntime', why: 'its model.yaml says so' };
  const file = files.get(modelFiles[manifest.runtime]) ?? new Uint8Array();
  if (isTreeFormat(manifest.runtime)) {
    treeFormats[manifest.runtime].read(file);
    return { name: 'trees' };
  }
  const own = openTabular(file);
  if (own instanceof Unusual && manifest.runtime === 'onnx') return { name: 'onnxruntime', why: reasonOf(own) };
  return { name: 'trees' };
};
