/**
 * An ONNX model with its weights in files beside it, as the pieces of one file: initializers of the graph, and of the graphs
 * in it at any depth, get their data as `raw_data`; all else stays as it stands. Data of tensors in attributes stay outside,
 * where `refuseOutside` finds them. Web-standard. Source: onnx.proto3 (TensorProto.external_data), ExternalData.md of ONNX.
 */
import { fail } from '../core/errors.ts';
import { ATTRIBUTE, ENTRY, GRAPH, MODEL, NODE, TENSOR } from './onnx-fields.ts';
import { holdsGraph, textOf } from './onnx-node.ts';
import { placeOf } from './onnx-outside.ts';
import { BYTES, readInts, valuesOf } from './protobuf.ts';
import { readMessage } from './protobuf-message.ts';
import { writeHead } from './protobuf-write.ts';
import type { Beside, ModelPiece } from './runtime.ts';

/** Graphs in graphs: what is deeper is left as it is, and refused. */
const MAX_DEPTH = 32;

/** Bits an element, by TensorProto.DataType. */
const BITS: Readonly<Record<number, number>> = {
  ...{ 1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 9: 8, 10: 16, 11: 64, 12: 32, 13: 64, 14: 64, 15: 128, 16: 16 },
  ...{ 17: 8, 18: 8, 19: 8, 20: 8, 21: 4, 22: 4, 23: 4, 24: 8 },
};

/** A message in pieces. */
interface Rope {
  readonly pieces: readonly ModelPiece[];
  readonly length: number;
}

const lengthOf = (piece: ModelPiece): number => piece.length;
const rope = (pieces: readonly ModelPiece[]): Rope => ({
  pieces,
  length: pieces.reduce((sum, piece) => sum + lengthOf(piece), 0),
});

const wrapped = (field: number, { pieces, length }: Rope): readonly ModelPiece[] => [
  writeHead(field, length),
  ...pieces,
];

/** What a message becomes; undefined where it stays as it is. */
type Rewrite = (message: Uint8Array) => Rope | undefined;

/** Rewrites the fields of a message that have a rule. */
const rewritten = (message: Uint8Array, rules: Readonly<Record<number, Rewrite>>): Rope | undefined => {
  let changed = false;
  const pieces = readMessage(message).flatMap(({ field, wire, bytes, raw }): readonly ModelPiece[] => {
    const made = wire === BYTES ? rules[field]?.(bytes) : undefined;
    if (made === undefined) return [raw];
    changed = true;
    return wrapped(field, made);
  });
  return changed ? rope(pieces) : undefined;
};

const damaged = (name: string, expected: string, got: string) =>
  fail(
    'BAD_MODEL',
    `The weights ${name} lie in another file, but not as the model says: expected ${expected}, got ${got}.`,
    {
      field: name,
      expected,
      got,
    },
  );

/** Where the data of a tensor lie. @throws BAD_MODEL where that makes no sense */
const besideOf = (tensor: Uint8Array, file: string): Beside => {
  const name = textOf(tensor, TENSOR.name) || 'of a tensor';
  const entries = new Map(
    valuesOf(tensor, TENSOR.outside).map((entry) => [textOf(entry, ENTRY.key), textOf(entry, ENTRY.value)]),
  );
  const numberOf = (key: string): number | undefined => {
    const text = entries.get(key);
    if (text === undefined) return undefined;
    if (/^\d{1,15}$/.test(text)) return Number(text);
    throw damaged(name, `${key}: a number of bytes`, JSON.stringify(text.slice(0, 40)));
  };
  const bits = BITS[readInts(tensor, TENSOR.type).at(-1) ?? 0];
  const elements = readInts(tensor, TENSOR.dims).reduce((product, dim) => product * dim, 1);
  const wanted = bits === undefined ? undefined : Math.ceil((elements * bits) / 8);
  const length = numberOf('length') ?? wanted;
  if (length === undefined || length < 0 || length !== (wanted ?? length))
    throw damaged(name, wanted === undefined ? 'numbers' : `${wanted} bytes`, `${length ?? 'another type'}`);
  return { file, offset: numberOf('offset') ?? 0, length, of: name };
};

const initializer: Rewrite = (tensor) => {
  const place = placeOf(tensor);
  if (place === undefined) return undefined;
  const gone: readonly number[] = [TENSOR.outside, TENSOR.place, TENSOR.raw];
  const kept = readMessage(tensor).filter(({ field }) => !gone.includes(field));
  const beside = besideOf(tensor, place);
  return rope([...kept.map(({ raw }) => raw), writeHead(TENSOR.raw, beside.length), beside]);
};

const graphAt =
  (depth: number): Rewrite =>
  (message) =>
    depth > MAX_DEPTH
      ? undefined
      : rewritten(message, { [GRAPH.initializers]: initializer, [GRAPH.nodes]: nodeAt(depth) });

const nodeAt =
  (depth: number): Rewrite =>
  (message) =>
    rewritten(message, {
      [NODE.attributes]: (attribute) =>
        holdsGraph(attribute)
          ? rewritten(attribute, { [ATTRIBUTE.graph]: graphAt(depth + 1), [ATTRIBUTE.graphs]: graphAt(depth + 1) })
          : undefined,
    });

/**
 * The pieces of the model as one file; undefined where no weights lie outside. The bytes are those of a file that was saved
 * with its weights in it. @throws BAD_MODEL where the bytes are no ONNX model
 */
export const gatherOnnx = (file: Uint8Array): readonly ModelPiece[] | undefined =>
  rewritten(file, { [MODEL.graph]: graphAt(0) })?.pieces;
