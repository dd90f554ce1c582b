/**
 * Formats of model files, by what `model.json` calls them: to add one is a file and a row. What opens a model or is asked of
 * one is loaded when it is needed, ONNX Runtime when the first graph needs it. Web-standard.
 */
import { fail } from '../core/errors.ts';
import type { Manifest } from '../core/types.ts';
import type { Choice, Runtime } from './runtime.ts';
import { treeRuntime } from './trees/formats/tree-runtime.ts';

/** An ONNX graph: what model.yaml may say where it runs, and how it is opened there. */
const graphRuntime = (choice: Choice | undefined, open: Runtime['open']): Runtime => ({
  file: 'model.onnx',
  format: ({ graph }) => graph(choice),
  open,
});

export const runtimes: Readonly<Record<string, Runtime>> = {
  /** On the own runtime where that knows all operators of the graph, and else on ONNX Runtime. */
  onnx: graphRuntime(undefined, async (file, { own, onnxRuntime }, weights) =>
    weights ? (await onnxRuntime())(file, weights) : (await own()).openOnnx(file, onnxRuntime),
  ),
  /** On the own runtime in any case, as model.yaml says so. */
  trees: graphRuntime('trees', async (file, { own }) => (await own()).openTrees(file)),
  /** On ONNX Runtime in any case, as model.yaml says so. */
  onnxruntime: graphRuntime('onnx', async (file, { onnxRuntime }, weights) => (await onnxRuntime())(file, weights)),
  xgboost: treeRuntime('model.xgboost', async () => (await import('./trees/formats/xgboost.ts')).xgboost),
  lightgbm: treeRuntime('model.lightgbm', async () => (await import('./trees/formats/lightgbm.ts')).lightgbm),
  catboost: treeRuntime('model.catboost', async () => (await import('./trees/formats/catboost.ts')).catboost),
};

/** The one that a package names. @throws BAD_MODEL for one that this version lacks */
export const runtimeOf = ({ name, version, runtime }: Pick<Manifest, 'name' | 'version' | 'runtime'>): Runtime => {
  if (Object.hasOwn(runtimes, runtime)) return runtimes[runtime];
  throw fail('BAD_MODEL', `${name}@${version} needs the runtime ${runtime}, which this version of Millrace lacks`, {
    expected: `one of ${Object.keys(runtimes).join(', ')}`,
    got: runtime,
  });
};
