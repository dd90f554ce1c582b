/** Whether a package may run in a process that others depend on. Web-standard. */
import { compilePreparation } from '../core/prepare.ts';
import { modelFiles } from '../runtimes/model-files.ts';
import { readOnnx } from '../runtimes/onnx-graph.ts';
import { riskOfOnnx } from '../runtimes/onnx-risk.ts';
import { answeringRuntime } from './answering.ts';
import type { Package } from './layout.ts';

/**
 * Why a package is not known to be unable to crash, to loop or to allocate without end, in words that go on after
 * "because"; undefined when it is known: it has no code of its own, and its graph is run by the own runtime, or has nothing
 * but operators that are known to be safe, in sizes that are known beforehand. One that is known may be scored inline; all others are scored in
 * processes of their own.
 *
 * @throws BAD_MODEL, BAD_MANIFEST for a package that cannot be loaded either
 */
export const riskOf = ({ manifest, files }: Pick<Package, 'manifest' | 'files'>): string | undefined => {
  if (files.has('transform.js')) return 'it has a transform module';
  const file = files.get(modelFiles[manifest.runtime]);
  if (file === undefined) return 'it has no model';
  // The own runtime cannot crash, loops over what is there, and holds so many values at a time.
  if (answeringRuntime({ manifest, files }).name === 'trees') return undefined;
  const { bindings } = compilePreparation(manifest, readOnnx(file).inputs, {});
  const fed = bindings.map(({ spec, size, shape }) => [spec.name, shape ?? (size === 1 ? [] : [size])] as const);
  return riskOfOnnx(file, new Map(fed));
};
