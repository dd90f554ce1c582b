/** ONNX files on the own runtime, where it takes them. */
import { fail, MillraceError, messageOf } from '../../core/errors.ts';
import type { ModelSession } from '../../core/types.ts';
import { type OnnxGraph, readStructure } from '../onnx-structure.ts';
import type { OpenModel } from '../runtime.ts';
import { modelOf, operatorRow } from './onnx-model.ts';
import { readyKernel } from './open-kernel.ts';
import { loadOperators } from './operators/index.ts';
import type { Operators } from './operators/operator.ts';
import { openModel } from './session.ts';
import { Unusual, unusual } from './unusual.ts';

/** By the file's own bytes: whether a model is safe is asked before it is loaded, and both are this. */
const opened = new WeakMap<Uint8Array, ModelSession | Unusual>();

/** What `make` makes; what another runtime may take is no error here. @throws BAD_MODEL */
const unlessUnusual = <T>(make: () => T): T | Unusual => {
  try {
    return make();
  } catch (error) {
    if (error instanceof Unusual) return error;
    if (error instanceof MillraceError) throw error;
    return unusual(`what cannot be read here (${messageOf(error)})`);
  }
};

const remember = (file: Uint8Array, found: ModelSession | Unusual): ModelSession | Unusual => {
  opened.set(file, found);
  return found;
};

/**
 * A session of the own runtime, or why the file is another runtime's: "the graph has …". `operators` are all that there are.
 *
 * @throws BAD_MODEL for a file that is damaged, and would be in any runtime.
 */
export const openWith = (file: Uint8Array, operators: Operators): ModelSession | Unusual =>
  opened.get(file) ??
  remember(
    file,
    unlessUnusual(() => openModel(modelOf(readStructure(file), operators))),
  );

/** By the file's own bytes: what was read of those that are not opened yet. */
const graphs = new WeakMap<Uint8Array, OnnxGraph | Unusual>();
const graphIn = (file: Uint8Array): OnnxGraph | Unusual => {
  const graph = graphs.get(file) ?? unlessUnusual(() => readStructure(file));
  graphs.set(file, graph);
  return graph;
};

/** Those that the graph has, and the kernel, loaded for it. @throws BAD_MODEL, NOT_LOADED */
export const loadOperatorsOf = async (file: Uint8Array): Promise<Operators> => {
  const graph = graphIn(file);
  const names = graph instanceof Unusual ? [] : graph.nodes.map(operatorRow);
  const [operators] = await Promise.all([loadOperators(names), readyKernel()]);
  return operators;
};

/** The same with those operators that the graph has, which are loaded for it. */
const open = async (file: Uint8Array): Promise<ModelSession | Unusual> => {
  const found = opened.get(file);
  if (found) return found;
  const graph = graphIn(file);
  if (graph instanceof Unusual) return remember(file, graph);
  const operators = await loadOperatorsOf(file);
  graphs.delete(file);
  return remember(
    file,
    unlessUnusual(() => openModel(modelOf(graph, operators))),
  );
};

/** On the own runtime where that takes the file, else on ONNX Runtime, which is loaded only then. @throws BAD_MODEL */
export const openOnnx = async (file: Uint8Array, onnxRuntime: () => Promise<OpenModel>): Promise<ModelSession> => {
  const own = await open(file);
  if (!(own instanceof Unusual)) return own;
  const session = await (await onnxRuntime())(file);
  return { ...session, runtime: { name: 'onnxruntime', why: reasonOf(own) } };
};

/** In words that go on after "because". */
export const reasonOf = ({ message }: Unusual): string => `the graph has ${message}`;

/** On the own runtime and no other. @throws BAD_MODEL */
export const openTrees: OpenModel = async (file) => {
  const own = await open(file);
  if (!(own instanceof Unusual)) return own;
  throw fail('BAD_MODEL', `The own runtime does not take the model: ${reasonOf(own)}.`, {
    expected: 'a graph of operators of tabular models, or another runtime: in model.yaml',
    got: own.message,
  });
};
