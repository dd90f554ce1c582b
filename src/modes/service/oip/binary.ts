/** The binary tensor extension over REST: a JSON header, and behind it the bytes of the tensors that the header names. */
import { fail, show } from '../../../core/errors.ts';
import { listText } from '../in-turns.ts';
import {
  headOf,
  type JsonRequest,
  type OutputPart,
  partAsJson,
  partsOf,
  type TensorEntry,
  tensorOfJson,
} from './json.ts';
import { elementsOfRaw, rawOf } from './raw.ts';
import { sizeOf } from './shape.ts';
import type { InputTensor, OutputTensor } from './tensors.ts';

/** The header that says how many bytes of a body are JSON. */
export const JSON_LENGTH_HEADER = 'inference-header-content-length';

/** The JSON of a body and the bytes behind it. @throws BAD_REQUEST for a length that the body has not. */
export const splitBody = (
  body: Buffer,
  header: string | readonly string[] | undefined,
): { readonly json: Buffer; readonly binary: Buffer | undefined } => {
  if (header === undefined) return { json: body, binary: undefined };
  const length = /^\d{1,15}$/.test(String(header)) ? Number(header) : Number.NaN;
  if (!(length <= body.length)) {
    throw fail(
      'BAD_REQUEST',
      `Inference-Header-Content-Length says ${show(header)}; the body has ${body.length} bytes.`,
      {
        field: JSON_LENGTH_HEADER,
        expected: `at most ${body.length}`,
        got: show(header),
      },
    );
  }
  return { json: body.subarray(0, length), binary: body.subarray(length) };
};

const binarySize = ({ name, parameters }: TensorEntry): number | undefined => {
  const size = parameters.binary_data_size;
  if (size === undefined) return undefined;
  if (Number.isSafeInteger(size) && (size as number) >= 0) return size as number;
  throw fail('BAD_REQUEST', `${name}: binary_data_size: expected a number of bytes, got ${show(size)}.`, {
    field: name,
    expected: 'a number of bytes',
    got: show(size),
  });
};

/** The tensors of a request, from JSON and from the bytes behind it, which they must use up. */
export const readTensors = ({ inputs }: JsonRequest, binary: Buffer | undefined): readonly InputTensor[] => {
  const available = binary?.length ?? 0;
  let at = 0;
  const tensors = inputs.map((entry): InputTensor => {
    const size = binarySize(entry);
    if (size === undefined) return tensorOfJson(entry);
    if (binary === undefined || at + size > available) {
      throw fail('BAD_REQUEST', `${entry.name}: binary_data_size is ${size}; ${available - at} bytes are left.`, {
        field: entry.name,
        expected: `at most ${available - at} bytes`,
        got: `${size} bytes`,
      });
    }
    const head = headOf(entry);
    const bytes = binary.subarray(at, at + size);
    at += size;
    return { ...head, data: elementsOfRaw(head.name, head.datatype, bytes, sizeOf(head.shape)) };
  });
  if (at === available) return tensors;
  throw fail('BAD_REQUEST', `${available - at} bytes are left behind the last tensor.`, {
    expected: `${at} bytes behind the JSON`,
    got: `${available} bytes`,
  });
};

/** Whether an output is wanted in binary: as it says itself, else as the whole request says. */
export const wantsBinary = ({
  outputs,
  parameters,
}: Pick<JsonRequest, 'outputs' | 'parameters'>): ((name: string) => boolean) => {
  const all = parameters.binary_data_output === true;
  const own = new Map(outputs?.map(({ name, parameters: { binary_data } }) => [name, binary_data]));
  return (name) => (own.get(name) ?? all) === true;
};

const binaryTensor = ({ name, datatype, shape }: OutputTensor, size: number): string =>
  JSON.stringify({ name, shape, datatype, parameters: { binary_data_size: size } });

export interface Body {
  readonly body: string | Buffer;
  /** Bytes of JSON in a body that has binary behind it. */
  readonly jsonLength: number | undefined;
}

const partText = (part: OutputPart | string, at: number): string => {
  const text = typeof part === 'string' ? part : partAsJson(part);
  return at > 0 && (typeof part === 'string' || part.start === 0) ? `,${text}` : text;
};

/** The body of an answer, a long one written in turns; `head` is its JSON object up to the outputs, without the closing brace. */
export const writeTensors = (
  head: string,
  tensors: readonly OutputTensor[],
  isBinary: (name: string) => boolean,
): Body | Promise<Body> => {
  const binary: Uint8Array[] = [];
  const parts = tensors.flatMap((tensor): readonly (OutputPart | string)[] => {
    if (!isBinary(tensor.name)) return partsOf(tensor);
    const bytes = rawOf(tensor);
    binary.push(bytes);
    return [binaryTensor(tensor, bytes.length)];
  });
  const whole = (json: string | Buffer): Body => {
    if (binary.length === 0) return { body: json, jsonLength: undefined };
    const first = typeof json === 'string' ? Buffer.from(json) : json;
    return { body: Buffer.concat([first, ...binary]), jsonLength: first.length };
  };
  const json = listText(parts, partText, [`${head},"outputs":[`, '', ']}']);
  return typeof json === 'string' ? whole(json) : json.then(whole);
};
