/**
 * An ONNX model with its weights in files beside it, as the pieces of one file, or of two: initializers of the graph, and of
 * the graphs in it at any depth, get their data as `raw_data`, or another place for it; all else stays as it stands. Data of
 * tensors in attributes stay outside, where `refuseOutside` finds them. Web-standard. Source: onnx.proto3
 * (TensorProto.external_data), ExternalData.md of ONNX.
 */
import { fail } from '../core/errors.ts';
import { WEIGHTS_FILE, type Weights } from '../core/weights.ts';
import { ATTRIBUTE, ENTRY, GRAPH, MODEL, NODE, TENSOR } from './onnx-fields.ts';
import { holdsGraph, textOf } from './onnx-node.ts';
import { placeOf } from './onnx-outside.ts';
import { BYTES, joinBytes, readInts, valuesOf } from './protobuf.ts';
import { readMessage } from './protobuf-message.ts';
import { writeBytes, writeHead, writeInt } from './protobuf-write.ts';
import type { Beside, ModelPiece, SplitModel } from './runtime.ts';

/** Graphs in graphs: what is deeper is left as it is, and refused. */
const MAX_DEPTH = 32;

/** TensorProto.DataLocation. */
const IS_OUTSIDE = 1;

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

/** Where the data of an initializer shall lie from now on; undefined is within the model. */
type Settle = (beside: Beside) => Omit<Beside, 'of'> | undefined;

const initializer =
  (settle: Settle): Rewrite =>
  (tensor) => {
    const place = placeOf(tensor);
    if (place === undefined) return undefined;
    const gone: readonly number[] = [TENSOR.outside, TENSOR.place, TENSOR.raw];
    const kept = readMessage(tensor)
      .filter(({ field }) => !gone.includes(field))
      .map(({ raw }) => raw);
    const beside = besideOf(tensor, place);
    const settled = settle(beside);
    if (settled === undefined) return rope([...kept, writeHead(TENSOR.raw, beside.length), beside]);
    const entries = { location: settled.file, offset: `${settled.offset}`, length: `${settled.length}` };
    const outside = Object.entries(entries).map(([key, value]) =>
      writeBytes(TENSOR.outside, joinBytes([writeBytes(ENTRY.key, key), writeBytes(ENTRY.value, value)])),
    );
    return rope([...kept, ...outside, writeInt(TENSOR.place, IS_OUTSIDE)]);
  };

const graphAt =
  (depth: number, settle: Settle): Rewrite =>
  (message) =>
    depth > MAX_DEPTH
      ? undefined
      : rewritten(message, { [GRAPH.initializers]: initializer(settle), [GRAPH.nodes]: nodeAt(depth, settle) });

const nodeAt =
  (depth: number, settle: Settle): Rewrite =>
  (message) =>
    rewritten(message, {
      [NODE.attributes]: (attribute) => {
        if (!holdsGraph(attribute)) return undefined;
        const inner = graphAt(depth + 1, settle);
        return rewritten(attribute, { [ATTRIBUTE.graph]: inner, [ATTRIBUTE.graphs]: inner });
      },
    });

const settled = (file: Uint8Array, settle: Settle): readonly ModelPiece[] | undefined =>
  rewritten(file, { [MODEL.graph]: graphAt(0, settle) })?.pieces;

/**
 * The pieces of the model as one file; undefined where no weights lie outside. The bytes are those of a file that was saved
 * with its weights in it. @throws BAD_MODEL where the bytes are no ONNX model
 */
export const gatherOnnx = (file: Uint8Array): readonly ModelPiece[] | undefined => settled(file, () => undefined);

/** Bytes of data below which ONNX keeps them in the model, where shapes are looked for (size_threshold of onnx.save_model). */
const SMALL_BYTES = 1024;
/** What maps files does so by pages. */
const PAGE_BYTES = 4096;

/** The pieces of the model as two files: its graph, with what is small, and its weights, each on a page of its own. @throws as `gatherOnnx` */
export const splitOnnx = (file: Uint8Array): SplitModel => {
  const weights: (Beside | number)[] = [];
  let size = 0;
  const graph = settled(file, (beside) => {
    if (beside.length < SMALL_BYTES) return undefined;
    const offset = Math.ceil(size / PAGE_BYTES) * PAGE_BYTES;
    if (offset > size) weights.push(offset - size);
    weights.push(beside);
    size = offset + beside.length;
    return { file: WEIGHTS_FILE, offset, length: beside.length };
  });
  return { graph: graph ?? [file], weights };
};

/** Where the bytes of `weights` from a place on lie, as a path from the root of the file system. @throws BAD_MODEL */
const besideIn = ({ parts, size }: Weights, { offset, length, of }: Beside): Omit<Beside, 'of'> => {
  let start = 0;
  for (const part of parts) {
    const within = offset - start;
    if (part.path !== undefined && within >= 0 && within + length <= part.length)
      return { file: part.path.replace(/^(?:[A-Za-z]:)?[/\\]/, ''), offset: part.offset + within, length };
    start += part.length;
  }
  throw damaged(of, `${length} of ${size} bytes`, `bytes ${offset} to ${offset + length}`);
};

export interface RelocatedModel {
  readonly file: Uint8Array;
  /** Where its tensors lie, as it calls that. */
  readonly places: ReadonlySet<string>;
}

/** The graph of a package with its weights where they lie on this machine. @throws BAD_MODEL where they lie anywhere else */
export const relocated = (file: Uint8Array, weights: Weights): RelocatedModel => {
  const places = new Set<string>();
  const pieces = settled(file, (beside) => {
    if (beside.file !== WEIGHTS_FILE) throw damaged(beside.of, WEIGHTS_FILE, beside.file);
    const place = besideIn(weights, beside);
    places.add(place.file);
    return place;
  });
  return { file: joinBytes((pieces ?? [file]) as readonly Uint8Array[]), places };
};
