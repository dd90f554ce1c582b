/** ONNX files on the own runtime, where it takes them. */
import { fail, MillraceError, messageOf } from '../../core/errors.ts';
import type { ModelSession } from '../../core/types.ts';
import type { OpenModel } from '../runtime.ts';
import { readOnnxModel } from './onnx-model.ts';
import { openModel } from './session.ts';
import { Unusual, unusual } from './unusual.ts';

/** By the file's own bytes: whether a model is safe is asked before it is loaded, and both are this. */
const opened = new WeakMap<Uint8Array, ModelSession | Unusual>();

const open = (file: Uint8Array): ModelSession | Unusual => {
  try {
    return openModel(readOnnxModel(file));
  } catch (error) {
    if (error instanceof Unusual) return error;
    if (error instanceof MillraceError) throw error;
    // Nothing that another runtime could not take.
    return unusual(`what cannot be read here (${messageOf(error)})`);
  }
};

/**
 * A session of the own runtime, or why the file is another runtime's: "the graph has …".
 *
 * @throws BAD_MODEL for a file that is damaged, and would be in any runtime.
 */
export const openTabular = (file: Uint8Array): ModelSession | Unusual => {
  const found = opened.get(file) ?? open(file);
  opened.set(file, found);
  return found;
};

/** On the own runtime where that takes the file, else on ONNX Runtime, which is loaded only then. @throws BAD_MODEL */
export const openOnnx = async (file: Uint8Array, onnxRuntime: () => Promise<OpenModel>): Promise<ModelSession> => {
  const own = openTabular(file);
  if (!(own instanceof Unusual)) return own;
  const session = await (await onnxRuntime())(file);
  return { ...session, runtime: { name: 'onnxruntime', why: reasonOf(own) } };
};

/** In words that go on after "because". */
export const reasonOf = ({ message }: Unusual): string => `the graph has ${message}`;

/** On the own runtime and no other. @throws BAD_MODEL */
export const openTrees: OpenModel = async (file) => {
  const own = openTabular(file);
  if (!(own instanceof Unusual)) return own;
  throw fail('BAD_MODEL', `The own runtime does not take the model: ${reasonOf(own)}.`, {
    expected: 'a graph of operators of tabular models, or another runtime: in model.yaml',
    got: own.message,
  });
};
