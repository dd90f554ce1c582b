/** Inference requests and answers as messages of gRPC. */
import { fail, show } from '../../../core/errors.ts';
import { datatypes, isDatatype } from '../oip/datatypes.ts';
import { isHalfDatatype } from '../oip/halves.ts';
import type { InferRequest, InferResponse } from '../oip/infer.ts';
import { elementsOfRaw, rawOf } from '../oip/raw.ts';
import { checkedShape, sizeOf } from '../oip/shape.ts';
import type { InputTensor, OutputTensor } from '../oip/tensors.ts';
import { tooManyRows } from '../reading/row-limits.ts';
import { contentsOf, elementsOfContents } from './contents.ts';
import {
  type InferAnswer,
  type InferMessage,
  inferMessage,
  type Parameter,
  type Parameters,
  type TensorMessage,
} from './messages.ts';
import { Malformed, malformed } from './protocol.ts';

const paramOf = ({ bool_param, int64_param, uint64_param, double_param, string_param }: Parameter) =>
  bool_param ?? string_param ?? double_param ?? Number(int64_param ?? uint64_param);

/** Features of Triton that would change the answer, so that they cannot be passed over. */
const refuseUnsupported = (name: string, parameters: Parameters = {}): void => {
  for (const feature of ['shared_memory_region', 'classification']) {
    if (!Object.hasOwn(parameters, feature)) continue;
    const [expected, got] = [`no ${feature}`, show(paramOf(parameters[feature]))];
    throw fail('BAD_REQUEST', `${name}: the parameter ${feature} is not supported here.`, {
      field: name,
      expected,
      got,
    });
  }
};

const headOf = ({ name, datatype, shape }: TensorMessage): Omit<InputTensor, 'data'> & { readonly count: number } => {
  if (!isDatatype(datatype)) {
    const expected = `one of ${datatypes.join(', ')}`;
    throw fail('BAD_REQUEST', `${name}: expected a datatype, ${expected}; got ${show(datatype)}.`, {
      field: name,
      expected,
      got: show(datatype),
    });
  }
  const dims = checkedShape(`${name}.shape`, shape.slice(0, 40).map(BigInt));
  return { name, datatype, shape: dims, count: sizeOf(dims) };
};

const isTyped = ({ inputs, raw_input_contents }: InferMessage): boolean =>
  raw_input_contents.length === 0 && inputs.length > 0;

/** What there is to know of a request beside its tensors. */
export interface AskedTensors {
  readonly id: string;
  readonly parameters: Parameters;
  /** Its tensors are typed contents, and those of the answer shall be. */
  readonly typed: boolean;
  /** About how many bytes it takes: what it brings in tensors. */
  readonly bytes: number;
}

const bytesOf = ({ raw_input_contents, inputs }: InferMessage): number => {
  let bytes = raw_input_contents.reduce((sum, { length }) => sum + length, 0);
  for (const { contents } of inputs) {
    for (const list of Object.values(contents ?? {}) as (readonly unknown[])[]) bytes += list.length * 8;
  }
  return bytes;
};

/**
 * A request out of its bytes, of `rows` rows at most.
 *
 * @throws BAD_REQUEST, BAD_SHAPE or WRONG_TYPE for bytes that are no request; TOO_MANY_ROWS
 */
export const readInfer = (
  bytes: Buffer,
  rows: number,
): { readonly asked: AskedTensors; readonly request: InferRequest } => {
  const message = inferMessage(bytes);
  if (message instanceof Malformed) throw malformed();
  for (const { shape } of message.inputs) {
    if (Number(shape[0] ?? 0) > rows) throw tooManyRows(rows, Number(shape[0]));
  }
  const { id, parameters } = message;
  return { asked: { id, parameters, typed: isTyped(message), bytes: bytesOf(message) }, request: requestOf(message) };
};

const requestOf = (message: InferMessage): InferRequest => {
  const { model_name, model_version, inputs, outputs, raw_input_contents: raw } = message;
  for (const { name, parameters } of [...inputs, ...outputs]) refuseUnsupported(name, parameters);
  const typed = isTyped(message);
  if (!typed && raw.length !== inputs.length) {
    const [expected, got] = [`${inputs.length} raw_input_contents`, `${raw.length}`];
    throw fail('BAD_REQUEST', `Expected ${expected}, one an input; got ${got}.`, { expected, got });
  }
  const tensors = inputs.map((input, at): InputTensor => {
    const { name, datatype, shape, count } = headOf(input);
    if (typed) return { name, datatype, shape, data: elementsOfContents(name, datatype, input.contents ?? {}, count) };
    if (Object.values(input.contents ?? {}).some(({ length }) => length > 0)) {
      const message = `${name}: contents stand beside raw_input_contents; a request has one of them.`;
      throw fail('BAD_REQUEST', message, { field: name, expected: 'no contents', got: 'contents' });
    }
    return { name, datatype, shape, data: elementsOfRaw(name, datatype, raw[at], count) };
  });
  return {
    model: model_name,
    version: model_version === '' ? undefined : model_version,
    inputs: tensors,
    outputs: outputs.map(({ name }) => name),
  };
};

/** Milliseconds that the request itself allows: Triton's parameter `timeout`, in microseconds. */
export const timeoutOf = ({ parameters }: AskedTensors): number | undefined => {
  const us = Object.hasOwn(parameters, 'timeout') ? Number(paramOf(parameters.timeout)) : 0;
  return us > 0 ? us / 1000 : undefined;
};

/** The answer to the call of that id, typed as the request was where its outputs can be. */
export const writeInfer = (request: AskedTensors, id: string, answer: InferResponse): InferAnswer => {
  const { model, outputs, variant, experiment } = answer;
  const typed = request.typed && !outputs.some(({ datatype }) => isHalfDatatype(datatype));
  const message = ({ name, datatype, shape }: OutputTensor) => ({ name, datatype, shape });
  return {
    model_name: model.name,
    model_version: model.version,
    id: request.id,
    parameters: {
      digest: { string_param: model.digest },
      prediction_id: { string_param: id },
      ...(variant !== undefined && { variant: { string_param: variant } }),
      ...(experiment !== undefined && { experiment: { string_param: experiment } }),
      // Triton's clients end a stream of answers at this one, when they asked to be told of it.
      ...(Object.hasOwn(request.parameters, 'triton_enable_empty_final_response') && {
        triton_final_response: { bool_param: true },
      }),
    },
    outputs: outputs.map((tensor) => (typed ? { ...message(tensor), contents: contentsOf(tensor) } : message(tensor))),
    raw_output_contents: typed ? [] : outputs.map(rawOf),
  };
};
