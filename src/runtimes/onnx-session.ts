/** One ONNX session over either build of ONNX Runtime: the same calls, the same order, one run at a time. */
import { fail } from '../core/errors.ts';
import { isHalf } from '../core/halves.ts';
import { runtimeMessage } from '../core/model-problem.ts';
import { onDemand } from '../core/on-demand.ts';
import type { ModelSession, Tensor, TensorData } from '../core/types.ts';
import { answeredIn, nearestIn } from './half-rounding.ts';
import { isBatchInvariant } from './onnx-batch.ts';
import { readOnnx } from './onnx-graph.ts';
import { withFloatEnds } from './onnx-halves.ts';
import { lackingLocale } from './onnx-locale.ts';
import { withoutZipMap } from './onnx-zip-map.ts';

/** What few graphs need: those that take a fixed number of rows at a time. */
const copies = onDemand(() => import('./in-copies.ts'));

/** The part of ONNX Runtime that is used here; onnxruntime-node and onnxruntime-web both have it. */
export interface OrtTensor {
  readonly type: string;
  readonly data: unknown;
  readonly dims: readonly number[];
  dispose?(): void;
}
export interface OrtSession {
  run(
    feeds: Readonly<Record<string, OrtTensor>>,
    fetches: readonly string[],
  ): Promise<Readonly<Record<string, OrtTensor>>>;
  release(): Promise<void>;
}
export interface Ort {
  tensor(dtype: Exclude<Tensor['dtype'], 'float16' | 'bfloat16'>, data: TensorData, dims: readonly number[]): OrtTensor;
  /** Opens a session with one intra-op thread: with more, a tree ensemble's last bits change with the batch. */
  open(file: Uint8Array): Promise<OrtSession>;
}

/** `places` are the files beside it in which its weights may lie. @throws BAD_MODEL when the file is no ONNX model, or one that the runtime cannot run. */
export const openOnnx = async (file: Uint8Array, ort: Ort, places?: ReadonlySet<string>): Promise<ModelSession> => {
  const graph = readOnnx(file, places);
  const { file: floating, names } = withFloatEnds(withoutZipMap(file, graph), graph);
  const nameOf = (name: string): string => names.get(name) ?? name;
  const dtypes = new Map(graph.outputs.map(({ name, dtype }) => [name, dtype]));
  let session: OrtSession;
  try {
    session = await ort.open(floating);
  } catch (cause) {
    const got = runtimeMessage(cause);
    const locale = lackingLocale(graph, got);
    if (locale !== undefined) throw locale;
    const isBrainFloat =
      /Could not find an implementation/.test(got) &&
      [...graph.inputs, ...graph.outputs].some(({ dtype }) => dtype === 'bfloat16');
    const wayOn = isBrainFloat
      ? '\n  It computes next to nothing in bfloat16 here: export the model as float32, which has the same weights (model.float()).'
      : '';
    const message = `ONNX Runtime cannot load the model: ${got}${wayOn}`;
    throw fail('BAD_MODEL', message, { expected: 'a model that this ONNX Runtime can load', got, cause });
  }
  const opened: ModelSession = {
    inputs: graph.inputs,
    outputs: graph.outputs,
    batchInvariant: isBatchInvariant(graph),
    runtime: { name: 'onnxruntime' },
    async run(feeds, outputs) {
      const inputs: Record<string, OrtTensor> = {};
      for (const name of Object.keys(feeds)) {
        const { dtype, data, dims } = feeds[name];
        inputs[nameOf(name)] = isHalf(dtype)
          ? ort.tensor('float32', Float32Array.from(data as Float64Array, nearestIn(dtype)), dims)
          : ort.tensor(dtype, data, dims);
      }
      const results = await session.run(inputs, outputs.map(nameOf));
      const tensors: Record<string, Tensor> = {};
      for (const name of outputs) {
        const { type, dims, data } = results[nameOf(name)];
        const half = names.has(name) ? dtypes.get(name) : undefined;
        tensors[name] =
          half === undefined || !isHalf(half)
            ? { dtype: type as Tensor['dtype'], dims, data: data as TensorData }
            : { dtype: half, dims, data: Float64Array.from(data as Float32Array, answeredIn(half)) };
      }
      return tensors;
    },
    close: () => session.release(),
  };
  const isFixed = graph.inputs.some(({ dims: [rows] }) => typeof rows === 'number' && rows > 1);
  return isFixed ? (await copies()).inCopies(opened) : opened;
};
