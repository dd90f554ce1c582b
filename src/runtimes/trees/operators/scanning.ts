/**
 * The Scan that converters write for neighbours: the distance of every row to each row of a table that stands in the file. No
 * other Scan runs here. Squares and differences are added one after the other, whatever order ONNX Runtime has.
 */
import { attributesOf } from '../../onnx-attributes.ts';
import { GRAPH, TENSOR, VALUE } from '../../onnx-fields.ts';
import { type OnnxNode, readNode, textOf } from '../../onnx-node.ts';
import { decodeTensor } from '../../onnx-tensor.ts';
import { valuesOf } from '../../protobuf.ts';
import type { MadeStep } from '../model.ts';
import { table } from '../placed-values.ts';
import { unusual } from '../unusual.ts';
import { dense } from '../values.ts';
import type { Operator, Operators } from './operator.ts';

const f = Math.fround;
/** Numbers of the table that distances are taken to. */
const MOST_NUMBERS = 1 << 20;

/** What is made of the differences of a row. */
type Distance = (difference: number) => number;
const distances: Readonly<Record<string, Distance>> = {
  'Sub ReduceSumSquare': (difference) => f(difference * difference),
  'Sub Abs ReduceSum': Math.abs,
};

const otherScan = () => unusual('a Scan of another kind than distances');

/** What a body makes of (row, table's row), given back as (row, distance). @throws Unusual for any other */
const distanceOf = (body: Uint8Array): Distance => {
  const names = (field: number): readonly string[] => valuesOf(body, field).map((one) => textOf(one, VALUE.name));
  const [inputs, outputs] = [names(GRAPH.inputs), names(GRAPH.outputs)];
  const nodes = valuesOf(body, GRAPH.nodes).map(readNode);
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  /** Past nodes that change nothing. */
  const source = (name: string): string => {
    let found = name;
    for (let left = nodes.length; left > 0; left--) {
      const maker = makers.get(found);
      if (maker?.op !== 'Identity' || maker.domain !== '') break;
      [found] = maker.inputs;
    }
    return found;
  };
  if (inputs.length !== 2 || outputs.length !== 2 || nodes.length > 8 || source(outputs[0]) !== inputs[0])
    throw otherScan();
  const ops: OnnxNode[] = [];
  for (let node = makers.get(source(outputs[1])); node; node = makers.get(source(node.inputs[0]))) {
    ops.unshift(node);
    if (ops.length > 3) throw otherScan();
  }
  const distance = distances[ops.map(({ op }) => op).join(' ')];
  if (distance === undefined || ops.some(({ domain }) => domain !== '')) throw otherScan();
  const difference = ops[0].inputs.map(source);
  const last = ops[ops.length - 1];
  const constant = valuesOf(body, GRAPH.initializers).find((one) => textOf(one, TENSOR.name) === last.inputs[1]);
  const axes = constant
    ? Array.from(decodeTensor(constant).data as BigInt64Array, Number)
    : [...attributesOf(last).ints('axes')];
  if (difference.join() !== inputs.join() || axes.join() !== '1' || attributesOf(last).int('keepdims', 1) !== 0)
    throw otherScan();
  return distance;
};

const scan: Operator = ({ attributes }, [value, rows]): MadeStep => {
  const { input, width } = table(value);
  const body = attributes.graph('body');
  if (body === undefined || attributes.int('num_scan_inputs', 0) !== 1) throw otherScan();
  for (const name of ['scan_input_axes', 'scan_input_directions', 'scan_output_axes', 'scan_output_directions'])
    if (attributes.ints(name).some((one) => one !== 0)) throw otherScan();
  const distance = distanceOf(body);
  const constant = rows?.constant;
  if (input.dtype !== 'float32' || !(constant?.data instanceof Float32Array) || constant.dims.length !== 2)
    throw otherScan();
  const [count, columns] = constant.dims;
  if (columns !== width || !(count > 0) || count * columns > MOST_NUMBERS) throw unusual('distances to many rows');
  const { data: neighbours } = constant;
  return {
    // One number a row of the table, and the rows of the batch behind it.
    outputs: [input, { dtype: 'float32', dims: [count], along: 1 }],
    run([given], batch) {
      const x = dense(given).data as Float32Array;
      const data = new Float32Array(batch * count);
      for (let row = 0, to = 0; row < batch; row++)
        for (let at = 0; at < neighbours.length; to++) {
          let sum = 0;
          for (let column = 0; column < width; column++, at++)
            sum = f(sum + distance(f(x[row * width + column] - neighbours[at])));
          data[to] = sum;
        }
      return [given, { dtype: 'float32', dims: [batch, count], data }];
    },
  };
};

export const scanning: Operators = { Scan: scan };
