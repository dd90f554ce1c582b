import { joinBytes } from '../../src/runtimes/protobuf.ts';
import { writeBytes } from '../../src/runtimes/protobuf-write.ts';

/** ONNX files by hand, for what no training library writes. Field numbers: onnx.proto3. */
const elementTypes = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
} as const;
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
const packed = (field: number, values: Float32Array): Uint8Array =>
  writeBytes(field, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
const message = (field: number, ...parts: readonly Uint8Array[]): Uint8Array => writeBytes(field, joinBytes(parts));

export interface Value {
  readonly name: string;
  readonly dtype?: ElementType;
  /** A text is a dimension that may vary; undefined leaves the rank open. */
  readonly dims?: readonly (number | string)[] | undefined;
  /** A ZipMap's output: a sequence of maps from labels of this type. */
  readonly zipped?: 'string' | 'int64';
  /** A map from texts to floats, as DictVectorizer takes it. */
  readonly mapped?: true;
}

const typeOf = ({ dtype = 'float32', dims, zipped, mapped }: Value): Uint8Array => {
  if (mapped) return message(5, int(1, elementTypes.string), message(2, message(1, int(1, elementTypes.float32))));
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
  /** Bytes are booleans unless they say otherwise. */
  readonly data: Float32Array | Float64Array | BigInt64Array | Uint8Array | readonly string[];
  readonly dtype?: 'uint8' | 'bfloat16';
  /** The file that holds the data instead of the model. */
  readonly outside?: string;
  /** Of the data in that file, in bytes, where the model says so. */
  readonly offset?: number;
  readonly length?: number;
}

const entry = (key: string, value: string | number): Uint8Array =>
  message(13, writeBytes(1, key), writeBytes(2, `${value}`));

const constantOf = ({ name, dims, data, dtype: given, outside, offset, length }: Constant): Uint8Array => {
  const texts = Array.isArray(data) ? (data as readonly string[]).map((text) => writeBytes(6, text)) : undefined;
  const dtype = texts
    ? 'string'
    : data instanceof Float32Array
      ? 'float32'
      : data instanceof Float64Array
        ? 'float64'
        : data instanceof Uint8Array
          ? (given ?? 'bool')
          : 'int64';
  const raw = texts ? [] : [writeBytes(9, new Uint8Array((data as Float32Array).buffer))];
  const place = outside && [
    entry('location', outside),
    ...(offset === undefined ? [] : [entry('offset', offset)]),
    ...(length === undefined ? [] : [entry('length', length)]),
    int(14, 1),
  ];
  const head = [...dims.map((dim) => int(1, dim)), int(2, elementTypes[dtype]), writeBytes(8, name)];
  return joinBytes([...head, ...(place || texts || raw)]);
};

/** Values at all places, as [values, indices, dims]. */
const sparseOf = (values: Constant): Uint8Array => {
  const count = values.dims.reduce((a, b) => a * b, 1);
  const indices = { name: '', dims: [count], data: BigInt64Array.from({ length: count }, (_, at) => BigInt(at)) };
  return joinBytes([message(1, constantOf(values)), message(2, constantOf(indices)), int(3, count)]);
};

/** A number is a float, a bigint an integer; a list of floats is typed. */
export type Attribute =
  | number
  | string
  | readonly string[]
  | readonly bigint[]
  | bigint
  | Float32Array
  | { readonly tensor: Constant }
  | { readonly tensors: readonly Constant[] }
  | { readonly sparse: Constant }
  | { readonly graph: Graph }
  | { readonly graphs: readonly Graph[] };

const attributeOf = ([name, value]: readonly [string, Attribute]): Uint8Array => {
  const typed = (type: number, ...parts: readonly Uint8Array[]) =>
    message(5, joinBytes([writeBytes(1, name), ...parts, farInt(20, type)]));
  if (typeof value === 'number') return typed(1, float(2, value));
  if (typeof value === 'bigint') return typed(2, int(3, value));
  if (typeof value === 'string') return typed(3, writeBytes(4, value));
  if (value instanceof Float32Array) return typed(6, packed(7, value));
  if ('tensor' in value) return typed(4, writeBytes(5, constantOf(value.tensor)));
  if ('tensors' in value) return typed(9, ...value.tensors.map((one) => writeBytes(10, constantOf(one))));
  if ('sparse' in value) return typed(11, writeBytes(22, sparseOf(value.sparse)));
  if ('graph' in value) return typed(5, message(6, ...graphOf(value.graph)));
  if ('graphs' in value) return typed(10, ...value.graphs.map((one) => message(11, ...graphOf(one))));
  const list: readonly (string | bigint)[] = value;
  return typeof list[0] === 'bigint'
    ? typed(7, joinBytes(list.map((one) => int(8, one as bigint))))
    : typed(8, joinBytes(list.map((one) => writeBytes(9, one as string))));
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
  readonly sparseConstants?: readonly Constant[];
}

/** An operator of the model's own, in its domain. */
export interface Function {
  readonly name: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly nodes: readonly Node[];
}

export interface Model extends Graph {
  readonly functions?: readonly Function[];
  /** The graph that a trainer would run first. */
  readonly training?: Graph;
  /** Versions of the operator sets that are not opset 17 and ai.onnx.ml 3. */
  readonly opsets?: Readonly<Record<string, number>>;
}

const value = (field: number, one: Value): Uint8Array =>
  message(field, writeBytes(1, one.name), writeBytes(2, typeOf(one)));

const graphOf = ({ inputs, outputs, nodes, constants = [], sparseConstants = [] }: Graph): readonly Uint8Array[] => [
  ...nodes.map((node) => writeBytes(1, nodeOf(node))),
  writeBytes(2, 'by-hand'),
  ...constants.map((constant) => writeBytes(5, constantOf(constant))),
  ...sparseConstants.map((constant) => writeBytes(15, sparseOf(constant))),
  ...inputs.map((one) => value(11, one)),
  ...outputs.map((one) => value(12, one)),
];

const opset = (domain: string, version: number): Uint8Array => message(8, writeBytes(1, domain), int(2, version));

const functionOf = ({ name, domain, inputs, outputs, nodes }: Function): Uint8Array =>
  joinBytes([
    writeBytes(1, name),
    ...inputs.map((one) => writeBytes(4, one)),
    ...outputs.map((one) => writeBytes(5, one)),
    ...nodes.map((node) => writeBytes(7, nodeOf(node))),
    message(9, writeBytes(1, ''), int(2, 17)),
    writeBytes(10, domain),
  ]);

/** The bytes of an ONNX file of opset 17 and ai.onnx.ml 3. */
export const buildOnnx = ({ functions = [], training, opsets = {}, ...graph }: Model): Uint8Array => {
  const versions: Readonly<Record<string, number>> = { '': 17, 'ai.onnx.ml': 3, ...opsets };
  return joinBytes([
    int(1, 8),
    writeBytes(2, 'by hand'),
    message(7, ...graphOf(graph)),
    ...Object.entries(versions).map(([domain, version]) => opset(domain, version)),
    ...(training ? [writeBytes(20, message(1, ...graphOf(training)))] : []),
    ...functions.map((one) => writeBytes(25, functionOf(one))),
  ]);
};
