import { joinBytes, writeBytes } from '../../src/runtimes/protobuf.ts';

/** ONNX files by hand, for what no training library writes. Field numbers: onnx.proto3. */
const elementTypes = { float32: 1, int32: 6, int64: 7, string: 8, bool: 9, float64: 11 } as const;
export type ElementType = keyof typeof elementTypes;

const int = (field: number, value: number | bigint): Uint8Array => {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [field * 8];
  do {
    bytes.push(Number(rest & 127n) | (rest > 127n ? 128 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Uint8Array.from(bytes);
};
/** A field whose number needs two bytes of tag. */
const farInt = (field: number, value: number): Uint8Array =>
  Uint8Array.from([((field * 8) & 127) | 128, field >> 4, value]);
const float = (field: number, value: number): Uint8Array =>
  joinBytes([Uint8Array.of(field * 8 + 5), new Uint8Array(Float32Array.of(value).buffer)]);
const message = (field: number, ...parts: readonly Uint8Array[]): Uint8Array => writeBytes(field, joinBytes(parts));

export interface Value {
  readonly name: string;
  readonly dtype?: ElementType;
  /** A text is a dimension that may vary; undefined leaves the rank open. */
  readonly dims?: readonly (number | string)[] | undefined;
  /** A ZipMap's output: a sequence of maps from labels of this type. */
  readonly zipped?: 'string' | 'int64';
}

const typeOf = ({ dtype = 'float32', dims, zipped }: Value): Uint8Array => {
  if (zipped !== undefined) {
    const value = message(2, message(1, int(1, elementTypes.float32)));
    return message(4, message(1, message(5, int(1, elementTypes[zipped]), value)));
  }
  const shape = dims?.map((dim) => message(1, typeof dim === 'number' ? int(1, dim) : writeBytes(2, dim)));
  return message(1, int(1, elementTypes[dtype]), ...(shape ? [message(2, ...shape)] : []));
};

export interface Constant {
  readonly name: string;
  readonly dims: readonly number[];
  readonly data: Float32Array | BigInt64Array | readonly string[];
  /** The file that holds the data instead of the model. */
  readonly outside?: string;
}

const constantOf = ({ name, dims, data, outside }: Constant): Uint8Array => {
  const texts = Array.isArray(data) ? (data as readonly string[]).map((text) => writeBytes(6, text)) : undefined;
  const dtype = texts ? 'string' : data instanceof Float32Array ? 'float32' : 'int64';
  const raw = texts ? [] : [writeBytes(9, new Uint8Array((data as Float32Array).buffer))];
  const place = outside ? [message(13, writeBytes(1, 'location'), writeBytes(2, outside)), int(14, 1)] : undefined;
  const head = [...dims.map((dim) => int(1, dim)), int(2, elementTypes[dtype]), writeBytes(8, name)];
  return joinBytes([...head, ...(place ?? texts ?? raw)]);
};

export type Attribute = number | string | readonly string[] | readonly bigint[] | bigint | { readonly graph: Graph };

const attributeOf = ([name, value]: readonly [string, Attribute]): Uint8Array => {
  const typed = (type: number, ...parts: readonly Uint8Array[]) =>
    message(5, writeBytes(1, name), ...parts, joinBytes([farInt(20, type)]));
  if (typeof value === 'number') return typed(1, float(2, value));
  if (typeof value === 'bigint') return typed(2, int(3, value));
  if (typeof value === 'string') return typed(3, writeBytes(4, value));
  if ('graph' in value) return typed(5, writeBytes(6, graphOf(value.graph)));
  const list: readonly (string | bigint)[] = value;
  return typeof list[0] === 'bigint'
    ? typed(7, ...list.map((one) => int(8, one as bigint)))
    : typed(8, ...list.map((one) => writeBytes(9, one as string)));
};

export interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

const nodeOf = ({ op, inputs, outputs, domain, attributes = {} }: Node): Uint8Array =>
  joinBytes([
    ...inputs.map((name) => writeBytes(1, name)),
    ...outputs.map((name) => writeBytes(2, name)),
    writeBytes(4, op),
    ...Object.entries(attributes).map(attributeOf),
    ...(domain === undefined ? [] : [writeBytes(7, domain)]),
  ]);

export interface Graph {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly nodes: readonly Node[];
  readonly constants?: readonly Constant[];
}

const graphOf = ({ inputs, outputs, nodes, constants = [] }: Graph): Uint8Array => {
  const value = (field: number, one: Value) => message(field, writeBytes(1, one.name), writeBytes(2, typeOf(one)));
  return joinBytes([
    ...nodes.map((node) => writeBytes(1, nodeOf(node))),
    writeBytes(2, 'by-hand'),
    ...constants.map((constant) => writeBytes(5, constantOf(constant))),
    ...inputs.map((one) => value(11, one)),
    ...outputs.map((one) => value(12, one)),
  ]);
};

/** The bytes of an ONNX file of opset 17 and ai.onnx.ml 3. */
export const buildOnnx = (graph: Graph): Uint8Array => {
  const opset = (domain: string, version: number) => message(8, writeBytes(1, domain), int(2, version));
  return joinBytes([
    int(1, 8),
    writeBytes(2, 'by hand'),
    writeBytes(7, graphOf(graph)),
    opset('', 17),
    opset('ai.onnx.ml', 3),
  ]);
};
