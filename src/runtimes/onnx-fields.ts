/** The numbers of the fields of ONNX messages, as far as they are read: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3 */

/** ModelProto. */
export const MODEL = { producer: 2, producerVersion: 3, graph: 7, opsets: 8, training: 20, functions: 25 } as const;
/** OperatorSetIdProto. */
export const OPSET = { domain: 1, version: 2 } as const;
/** GraphProto. */
export const GRAPH = { nodes: 1, initializers: 5, inputs: 11, outputs: 12, sparse: 15 } as const;
/** NodeProto. */
export const NODE = { inputs: 1, outputs: 2, name: 3, op: 4, attributes: 5, domain: 7 } as const;
/** AttributeProto. */
export const ATTRIBUTE = {
  name: 1,
  float: 2,
  int: 3,
  text: 4,
  tensor: 5,
  graph: 6,
  floats: 7,
  ints: 8,
  texts: 9,
  tensors: 10,
  graphs: 11,
  sparse: 22,
  sparses: 23,
} as const;
/** TensorProto. */
export const TENSOR = {
  dims: 1,
  type: 2,
  floats: 4,
  ints32: 5,
  texts: 6,
  ints64: 7,
  name: 8,
  raw: 9,
  doubles: 10,
  uints64: 11,
  outside: 13,
  place: 14,
} as const;
/** StringStringEntryProto. */
export const ENTRY = { key: 1, value: 2 } as const;
/** SparseTensorProto. */
export const SPARSE = { values: 1, indices: 2 } as const;
/** TrainingInfoProto. */
export const TRAINING = { initialization: 1, algorithm: 2 } as const;
/** FunctionProto. */
export const FUNCTION = { name: 1, nodes: 7, domain: 10, attributes: 11 } as const;
/** ValueInfoProto. */
export const VALUE = { name: 1, type: 2 } as const;
/** TypeProto. */
export const TYPE = { tensor: 1, map: 5 } as const;
/** TypeProto.Tensor. */
export const TENSOR_TYPE = { element: 1, shape: 2 } as const;
/** TensorShapeProto. */
export const SHAPE = { dims: 1 } as const;
/** TensorShapeProto.Dimension. */
export const DIM = { size: 1, name: 2 } as const;
