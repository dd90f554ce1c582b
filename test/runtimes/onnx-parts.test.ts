import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { MillraceError } from '../../src/core/errors.ts';
import { openOnnxNode } from '../../src/runtimes/onnx.node.ts';
import { readOnnx } from '../../src/runtimes/onnx-graph.ts';
import { refuseChance } from '../../src/runtimes/onnx-parts.ts';
import { joinBytes } from '../../src/runtimes/protobuf.ts';
import { readMessage } from '../../src/runtimes/protobuf-message.ts';
import { writeBytes } from '../../src/runtimes/protobuf-write.ts';
import {
  type Attribute,
  buildOnnx,
  type Constant,
  type Graph,
  type Model,
  type Node,
  type Value,
} from './onnx-builder.ts';

const x: Value = { name: 'x', dims: ['rows', 2] };
const y: Value = { name: 'y', dims: ['rows', 2] };
const node = (op: string, inputs: readonly string[] = ['x'], attributes: Record<string, Attribute> = {}): Node => ({
  op,
  inputs,
  outputs: ['y'],
  attributes,
});
const identity = node('Identity');
const graph = (more: Partial<Graph> = {}): Graph => ({ inputs: [x], outputs: [y], nodes: [identity], ...more });
const model = (more: Partial<Model> = {}): Uint8Array => buildOnnx({ ...graph(), ...more });
/** A node with a graph in it, which is a node with a graph in it, and so on. */
const nested = (inner: Graph, depth: number): Node =>
  depth === 0
    ? node('If', ['x'], { then_branch: { graph: inner } })
    : node('If', ['x'], { else_branch: { graph: graph({ nodes: [nested(inner, depth - 1)] }) } });
const ofFunction = (one: Node): Partial<Model> => ({
  functions: [{ name: 'mine', domain: 'here', inputs: ['x'], outputs: ['y'], nodes: [one] }],
});

describe('weights in another file', () => {
  const outside: Constant = { name: 'secret', dims: [2], data: Float32Array.of(0, 0), outside: 'passwd' };
  const places: readonly [string, Partial<Model>][] = [
    ['an initializer', { constants: [outside] }],
    ['a sparse initializer', { sparseConstants: [outside] }],
    ['a Constant', { nodes: [node('Constant', [], { value: { tensor: outside } })] }],
    ['any attribute', { nodes: [node('ConstantOfShape', ['x'], { other: { tensor: outside } })] }],
    [
      'a list of tensors',
      { nodes: [node('Custom', ['x'], { all: { tensors: [{ ...outside, outside: '' }, outside] } })] },
    ],
    ['a sparse attribute', { nodes: [node('Constant', [], { sparse_value: { sparse: outside } })] }],
    ['the graph of an attribute', { nodes: [nested(graph({ constants: [outside] }), 0)] }],
    [
      'graphs within graphs',
      { nodes: [nested(graph({ nodes: [node('Constant', [], { value: { tensor: outside } })] }), 6)] },
    ],
    [
      'a list of graphs',
      { nodes: [node('Custom', ['x'], { all: { graphs: [graph(), graph({ constants: [outside] })] } })] },
    ],
    ['a function', ofFunction(node('Constant', [], { value: { tensor: outside } }))],
    ['a graph within a function', ofFunction(nested(graph({ constants: [outside] }), 1))],
    ['the graph of training', { training: graph({ constants: [outside] }) }],
  ];
  for (const [name, parts] of places) {
    test(`${name}: is refused, naming the tensor, wherever the file is opened`, async () => {
      const file = model(parts);
      assert.throws(() => readOnnx(file), { code: 'BAD_MODEL', message: /weights in another file/ });
      await assert.rejects(openOnnxNode(file), {
        code: 'BAD_MODEL',
        message: /in another file, passwd \(secret|in another file, {2}/,
      });
    });
  }

  test('is named with the node that it stands in', () => {
    const file = model({ nodes: [node('Constant', [], { value: { tensor: outside } })] });
    assert.throws(() => readOnnx(file), { message: /passwd \(secret, in the Constant node that gives y\)/ });
  });
});

describe('encodings in which weights could hide', () => {
  const varint = (value: bigint, bytes = 0): Uint8Array => {
    const all: number[] = [];
    let rest = value;
    while (rest >= 128n || all.length < bytes - 1) {
      all.push(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    return Uint8Array.from([...all, Number(rest)]);
  };
  const tag = (field: number, wire: number): bigint => BigInt(field * 8 + wire);
  const place = writeBytes(13, joinBytes([writeBytes(1, 'location'), writeBytes(2, 'passwd')]));
  const head = joinBytes([Uint8Array.of(8, 2, 16, 1), writeBytes(8, 'secret')]);
  const tensors: readonly [string, Uint8Array][] = [
    ['as it is written', joinBytes([head, place, varint(tag(14, 0)), varint(1n)])],
    ['before the rest', joinBytes([varint(tag(14, 0)), varint(1n), place, head])],
    ['a tag longer than it need be', joinBytes([head, place, varint(tag(14, 0), 5), varint(1n)])],
    ['a value longer than it need be', joinBytes([head, place, varint(tag(14, 0)), varint(1n, 10)])],
    [
      'a value past 32 bits, which an enum leaves out',
      joinBytes([head, place, varint(tag(14, 0)), varint(2n ** 32n + 1n)]),
    ],
    ['a value past 53 bits', joinBytes([head, place, varint(tag(14, 0)), varint(2n ** 60n + 1n)])],
    [
      'a value that is no place, behind one that is',
      joinBytes([head, place, varint(tag(14, 0)), varint(1n), varint(tag(14, 0)), varint(77n)]),
    ],
    ['a field twice', joinBytes([head, place, varint(tag(14, 0)), varint(0n), varint(tag(14, 0)), varint(1n)])],
  ];
  const base = model({ nodes: [node('Add', ['x', 'secret'])] });
  const fields = readMessage(base);
  const own = fields.find(({ field }) => field === 7)?.bytes ?? new Uint8Array();
  const rest = fields.filter(({ field }) => field !== 7).map(({ raw }) => raw);
  const with7 = (...graphs: readonly Uint8Array[]) => joinBytes([...rest, ...graphs.map((one) => writeBytes(7, one))]);
  for (const [name, tensor] of tensors) {
    const initializer = writeBytes(5, tensor);
    test(name, () => {
      assert.throws(() => readOnnx(with7(joinBytes([own, initializer]))), {
        code: 'BAD_MODEL',
        message: /passwd \(secret/,
      });
    });
    test(`${name}, in a second part of the graph, which is merged into the first`, () => {
      assert.throws(() => readOnnx(with7(own, initializer)), { code: 'BAD_MODEL', message: /passwd \(secret/ });
    });
  }

  test('a place in a second part of an attribute’s tensor', () => {
    const attribute = joinBytes([
      writeBytes(1, 'value'),
      writeBytes(5, head),
      writeBytes(5, joinBytes([place, varint(tag(14, 0)), varint(1n)])),
      varint(tag(20, 0)),
      varint(4n),
    ]);
    const constant = joinBytes([writeBytes(2, 'secret'), writeBytes(4, 'Constant'), writeBytes(5, attribute)]);
    assert.throws(() => readOnnx(with7(joinBytes([writeBytes(1, constant), own]))), { message: /passwd \(secret/ });
  });

  test('an attribute given twice is refused, as nobody could say which one counts', () => {
    const attribute = writeBytes(5, writeBytes(1, 'value'));
    const twice = joinBytes([writeBytes(2, 'secret'), writeBytes(4, 'Constant'), attribute, attribute]);
    assert.throws(() => readOnnx(with7(joinBytes([writeBytes(1, twice), own]))), {
      code: 'BAD_MODEL',
      message: /value twice/,
    });
  });

  test('a tag past 32 bits, which parsers cut off, and a group, which they step over, are refused', () => {
    for (const bytes of [joinBytes([varint(2n ** 32n + 8n), varint(1n)]), Uint8Array.of(11, 12)]) {
      assert.throws(() => readOnnx(joinBytes([base, bytes])), { code: 'BAD_MODEL' });
    }
  });

  test('a file that is one of ONNX Runtime’s own format as well, which it would take for that', () => {
    const name = writeBytes(2, Uint8Array.from([0, 0, ...new TextEncoder().encode('ORTM'), 0, 0, 0, 0]));
    assert.throws(() => readOnnx(joinBytes([name, base])), { code: 'BAD_MODEL', message: /not an ONNX file/ });
  });

  test('graphs within graphs without end', () => {
    assert.throws(() => readOnnx(model({ nodes: [nested(graph(), 40)] })), {
      code: 'BAD_MODEL',
      message: /graphs within graphs/,
    });
  });

  test('whatever is done to the bytes of a hostile file, ONNX Runtime never reads the other file', async () => {
    const outside: Constant = { name: 'secret', dims: [2], data: Float32Array.of(0, 0), outside: 'package.json' };
    const hostile = [
      model({ nodes: [node('Add', ['x', 'secret'])], constants: [outside] }),
      model({
        nodes: [{ ...node('Constant', [], { value: { tensor: outside } }), outputs: ['c'] }, node('Add', ['x', 'c'])],
      }),
    ];
    const edit = fc.record({ at: fc.nat(), remove: fc.nat(3), insert: fc.uint8Array({ maxLength: 3 }) });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...hostile), fc.array(edit, { maxLength: 3 }), async (file, edits) => {
        const bytes = [...file];
        for (const { at, remove, insert } of edits) bytes.splice(at % bytes.length, remove, ...insert);
        let answers: unknown;
        try {
          const session = await openOnnxNode(Uint8Array.from(bytes));
          const { y: told } = await session.run(
            { x: { dtype: 'float32', dims: [1, 2], data: Float32Array.of(0, 0) } },
            ['y'],
          );
          answers = told.data;
          await session.close();
        } catch {
          return;
        }
        // The first bytes of package.json are no small numbers.
        const secret = new Float32Array(new TextEncoder().encode('{\n  "name').buffer.slice(0, 8));
        assert.notDeepEqual(answers, secret);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('chance', () => {
  const training: Constant = { name: 't', dims: [], data: BigInt64Array.of(1n) };
  const bool = (value: number): Constant => ({ name: 't', dims: [], data: Uint8Array.of(value) });
  const dropout = node('Dropout', ['x', '', 't']);
  const random = (name: string) => node(name, /Like|Bernoulli|Multi/.test(name) ? ['x'] : [], {});
  const chances: readonly [string, Partial<Model>][] = [
    ...['RandomNormal', 'RandomNormalLike', 'RandomUniform', 'RandomUniformLike', 'Bernoulli', 'Multinomial'].map(
      (name): [string, Partial<Model>] => [name, { nodes: [random(name)] }],
    ),
    ['a seed, from which only the first answer is known', { nodes: [node('RandomNormal', [], { seed: 1 })] }],
    ['Dropout in training', { nodes: [dropout], constants: [bool(1)] }],
    ['Dropout whose training is fed', { nodes: [dropout], inputs: [x, { name: 't', dtype: 'bool', dims: [] }] }],
    ['Dropout whose training is computed', { nodes: [{ op: 'Cast', inputs: ['x'], outputs: ['t'] }, dropout] }],
    ['Dropout with the training of an unlikely type', { nodes: [dropout], constants: [training] }],
    [
      'Dropout with a training that a Constant gives',
      { nodes: [{ ...node('Constant', [], { value: { tensor: bool(1) } }), outputs: ['t'] }, dropout] },
    ],
    ['BatchNormalization in training', { nodes: [node('BatchNormalization', ['x'], { training_mode: 1n })] }],
    ['a graph in a graph', { nodes: [nested(graph({ nodes: [random('Bernoulli')] }), 3)] }],
    ['a function', ofFunction(random('Multinomial'))],
    ['a graph of a function', ofFunction(nested(graph({ nodes: [dropout], constants: [bool(1)] }), 1))],
    [
      'a false that another graph calls so',
      { nodes: [nested(graph({ nodes: [dropout], constants: [bool(1)] }), 0)], constants: [bool(0)] },
    ],
  ];
  for (const [name, parts] of chances) {
    test(`${name}: is refused, naming the node`, () => {
      assert.throws(() => refuseChance(model(parts)), {
        code: 'BAD_MODEL',
        message: /^The model has chance in it: the \w+ node that gives y/,
      });
    });
  }

  const steady: readonly [string, Partial<Model>][] = [
    ['Dropout for inference', { nodes: [node('Dropout')] }],
    ['Dropout whose training is false', { nodes: [dropout], constants: [bool(0)] }],
    [
      'Dropout in a graph, of which the training is false around it',
      { nodes: [nested(graph({ nodes: [dropout] }), 1)], constants: [bool(0)] },
    ],
    ['BatchNormalization for inference', { nodes: [node('BatchNormalization', ['x'], { training_mode: 0n })] }],
  ];
  for (const [name, parts] of steady) test(`${name}: is taken`, () => refuseChance(model(parts)));
});

test('any bytes at all are read or refused, and nothing else', () => {
  const file = model({ nodes: [nested(graph(), 2)] });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(file.length), (bytes, at) => {
      for (const one of [bytes, joinBytes([file.subarray(0, at), bytes, file.subarray(at)])]) {
        try {
          readOnnx(one);
          refuseChance(one);
        } catch (error) {
          assert.ok(error instanceof MillraceError && error.code === 'BAD_MODEL');
        }
      }
    }),
  );
});
