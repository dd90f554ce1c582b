/**
 * What a caller sends costs work that grows with its size alone. The work is counted, not timed: each block of code that ran, as V8
 * counts them, and each element that the built-ins looked at which look at many. Four times the size may cost little more than four times
 * the work, however the body is made.
 */
import assert from 'node:assert/strict';
import { Session } from 'node:inspector/promises';
import { after, describe, it } from 'node:test';
import type { Fields } from '../../src/core/types.ts';
import type { InputTensor } from '../../src/modes/service/oip/tensors.ts';

const session = new Session();
session.connect();
await session.post('Profiler.enable');
// Before what is counted is loaded: blocks of code that was compiled earlier are not counted.
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
const { compileSignature } = await import('../../src/core/signature.ts');
const { InferenceClient } = await import('../../src/modes/service/grpc/messages.ts');
const { columnsOf, wantedOutputs } = await import('../../src/modes/service/oip/tensors.ts');
const { createUnpacker, parcelsOf } = await import('../../src/modes/service/reading/parcels.ts');
const { reads } = await import('../../src/modes/service/reading/reads.ts');

const source = new URL('../../src/', import.meta.url).href;

/** Elements that built-ins looked at. */
let looked = 0;
type AnyFunction = (this: unknown, ...given: never[]) => unknown;
/** Counts what a method looks at; returns what takes that back. */
const watch = (prototype: object, name: string, cost: (self: never, found: unknown, from: number) => number) => {
  const own = Object.getOwnPropertyDescriptor(prototype, name) as PropertyDescriptor;
  const method = own.value as AnyFunction;
  const watched = function (this: unknown, ...given: never[]): unknown {
    const found = method.apply(this, given);
    looked += cost(this as never, found, Number(given[1] ?? 0) || 0);
    return found;
  };
  Object.defineProperty(prototype, name, { ...own, value: watched });
  return () => Object.defineProperty(prototype, name, own);
};
type Sized = { readonly length: number };
const all = ({ length }: Sized): number => length;
const found = (_: Sized, result: unknown): number => (result as Sized).length;
const upTo = ({ length }: Sized, at: unknown, from: number): number =>
  (at === -1 ? length : (at as number) + 1) - Math.min(from, length);

const watchAll = (): (() => void) => {
  const undo = [
    watch(String.prototype, 'indexOf', upTo),
    watch(String.prototype, 'includes', all),
    watch(String.prototype, 'split', all),
    watch(String.prototype, 'replace', all),
    watch(String.prototype, 'trim', all),
    watch(Array.prototype, 'indexOf', upTo),
    watch(Array.prototype, 'includes', all),
    watch(Array.prototype, 'join', all),
    watch(Array.prototype, 'slice', found),
    watch(Array.prototype, 'concat', found),
    watch(Array.prototype, 'splice', all),
    watch(Array.prototype, 'shift', all),
  ];
  return () => undo.forEach((take) => void take());
};

/** The work that reading takes, whether it ends well or in a refusal. */
const workOf = async (read: () => unknown): Promise<number> => {
  await session.post('Profiler.takePreciseCoverage');
  looked = 0;
  const stop = watchAll();
  try {
    await read();
  } catch (error) {
    assert.equal((error as Error).name, 'MillraceError', String(error));
  } finally {
    stop();
  }
  const { result } = await session.post('Profiler.takePreciseCoverage');
  const ranges = result.filter(({ url }) => url.startsWith(source)).flatMap(({ functions }) => functions);
  return ranges.flatMap(({ ranges: own }) => own).reduce((sum, { count }) => sum + count, looked);
};

const fields: Fields = Object.fromEntries([
  ['distance', { kind: 'number' }],
  ...Array.from({ length: 30 }, (_, at) => [`optional_field_${at}`, { kind: 'text', nullable: true }]),
]);
const signature = compileSignature(fields);
const depth = 32;
const rows = 1e6;
const body = (text: string | Uint8Array) => ({ bytes: Buffer.from(text), charset: undefined, fields, depth, rows });
const list = (count: number, of: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => of(at)).join();

/** As a large body comes out of its thread, and its rows into the model. */
const across = (value: unknown): unknown => {
  const { add, whole } = createUnpacker();
  for (const parcel of parcelsOf(value)) add(parcel);
  return whole();
};
const readRows = (text: string): void => {
  const { row, many } = across(reads.rows(body(text))) as ReturnType<typeof reads.rows>;
  signature.fromRows(many ?? [row]);
};
const readLines = (text: string): void => {
  const lines = across(reads.csv(body(text))) as ReturnType<typeof reads.csv>;
  signature.fromRows(lines.flatMap((line) => ('row' in line ? [line.row] : [])));
};
const readMlflow = (text: string): void => {
  signature.fromRows(across(reads.mlflow(body(text))) as readonly unknown[]);
};
const [text, number] = [{ kind: 'text' } as const, { kind: 'number' } as const];
const tensors = {
  inputs: [{ name: 'a', datatype: 'BYTES' as const, shape: [-1], field: text }],
  outputs: [{ name: 'y', datatype: 'FP64' as const, shape: [-1], field: number }],
};
const infer = (inputs: readonly InputTensor[], outputs: readonly string[] | undefined): void => {
  try {
    columnsOf(tensors, inputs);
  } finally {
    wantedOutputs(tensors, outputs);
  }
};
const readTensors = (json: string, binary?: Uint8Array): void => {
  const bytes = binary === undefined ? Buffer.from(json) : Buffer.concat([Buffer.from(json), binary]);
  const jsonLength = binary && String(Buffer.byteLength(json));
  const { asked, inputs } = across(reads.tensors({ bytes, charset: undefined, depth, rows, jsonLength })) as ReturnType<
    typeof reads.tensors
  >;
  infer(
    inputs,
    asked.outputs?.map(({ name }) => name),
  );
};
const readCall = async (message: object): Promise<void> => {
  const bytes = InferenceClient.service.ModelInfer.requestSerialize({ model_name: 'm', ...message });
  const { request } = await reads.grpc({ bytes, rows });
  const { inputs, outputs } = across(request) as typeof request;
  infer(inputs, outputs);
};

/** `count` empty elements of BYTES. */
const empties = (count: number): Uint8Array => new Uint8Array(4 * count);
const bytesTensor = (count: number, more: string): string =>
  `{"inputs":[{"name":"a","shape":[${count}],"datatype":"BYTES",${more}}]}`;
const named = (name: string) => ({ name, datatype: 'FP64', shape: ['1'], contents: { fp64_contents: [1] } });

const shapes: Readonly<Record<string, (size: number) => unknown>> = {
  'CSV of empty lines': (size) => readLines(`distance\n${'\n'.repeat(size)}`),
  'CSV that begins with empty lines': (size) => readLines(`${'\n'.repeat(size)}distance\n1\n`),
  'CSV of empty lines with CRLF': (size) => readLines(`distance,b\r\n${'\r\n'.repeat(size)}`),
  'CSV of many columns': (size) => readLines(`distance,${list(size, (at) => `c${at}`)}\n1,${list(size, () => '1')}\n`),
  'CSV of many columns of which none is known': (size) => readLines(`${list(size, (at) => `c${at}`)}\n`),
  'CSV of columns that are nearly known': (size) => readLines(`${list(size, (at) => `optional_feld_x${at}`)}\n`),
  'CSV of quotes that are not closed': (size) => readLines(`distance\n${'"a\n'.repeat(size)}`),
  'CSV of one quote that is not closed': (size) => readLines(`distance\n"${'a\n'.repeat(size)}`),
  'CSV of quotes that close a line later': (size) => readLines(`distance,b\n${'x","\n'.repeat(size)}`),
  'CSV of lines with a quote inside': (size) => readLines(`distance,b\n${'a"b,1\n'.repeat(size)}`),
  'CSV of nothing but quotes': (size) => readLines(`distance\n${'"'.repeat(size)}`),
  'CSV of cells in quotes that open more': (size) => readLines(`distance,b\n${'"a",'.repeat(size)}"\n`),
  'CSV of lines whose last quote is open': (size) => readLines(`distance,b\n${'"a","\n'.repeat(size)}`),
  'CSV of separators': (size) => readLines(`distance\n${','.repeat(size)}`),
  'CSV whose first line has only separators': (size) => readLines(','.repeat(size)),
  'CSV whose first line never ends': (size) => readLines(`"${'a""'.repeat(size)}`),
  'CSV of carriage returns': (size) => readLines(`distance\n${'\r'.repeat(size)}`),
  'CSV that is not UTF-8': (size) =>
    reads.csv({ ...body(Buffer.concat([Buffer.from('distance\n'), Buffer.from('\xff\n'.repeat(size), 'latin1')])) }),
  'names like integers': (size) => readRows(`{${list(size, (at) => `"${at}":1`)}}`),
  'brackets that only open': (size) => readRows('['.repeat(size)),
  'brackets that close': (size) => readRows('['.repeat(size) + ']'.repeat(size)),
  'objects that only open': (size) => readRows('{"a":'.repeat(size)),
  'many short texts': (size) => readRows(`{"distance":[${list(size, () => '""')}]}`),
  'empty rows': (size) => readRows(`{"rows":[${list(size, () => '{}')}]}`),
  'rows that are none': (size) => readRows(`{"rows":[${list(size, () => 'null')}]}`),
  'one name over and over': (size) => readRows(`{${list(size, () => '"a":1')}}`),
  'a name twice behind many others': (size) => readRows(`{${list(size, (at) => `"a${at % (size - 1)}":1`)}}`),
  'colons within a text': (size) => readRows(`{"distance":"${'\\":'.repeat(size)}"}`),
  'spaces before colons': (size) => readRows(`{"distance"${' '.repeat(size)}:1}`),
  'spaces around nothing': (size) => readRows(' '.repeat(size)),
  'colons behind spaces': (size) => readRows(`{"distance":"${`${' '.repeat(9)}:`.repeat(size)}"}`),
  'a long integer': (size) => readRows(`{"distance":${'9'.repeat(size)}}`),
  'many long integers': (size) => readRows(`{"distance":[${list(size, () => '9'.repeat(30))}]}`),
  'a number that is none': (size) => readRows(`{"distance":${'1.'.repeat(size)}}`),
  escapes: (size) => readRows(`{"distance":"${'\\u0041'.repeat(size)}"}`),
  'escapes and a fault': (size) => readRows(`{"distance":"${'\\\\'.repeat(size)}\\x"}`),
  'names of rows that are nearly known': (size) =>
    readRows(`{"rows":[${list(size, (at) => `{"distance":1,"optional_feld_${at % 900}":1}`)}]}`),
  'rows of names that are all nearly known': (size) =>
    readRows(`{"rows":[${list(size >> 3, () => `{${list(20, (at) => `"optional_feld_${at}":1`)}}`)}]}`),
  'MLflow of many columns': (size) =>
    readMlflow(
      `{"dataframe_split":{"columns":[${list(size, (at) => `"c${at}"`)}],"data":[[${list(size, () => '1')}]]}}`,
    ),
  'MLflow of many empty rows': (size) => readMlflow(`{"dataframe_records":[${list(size, () => '{}')}]}`),
  'MLflow of empty columns': (size) => readMlflow(`{"inputs":{${list(size, (at) => `"c${at}":[]`)}}}`),
  'MLflow of long columns': (size) => readMlflow(`{"inputs":{"distance":[${list(size, () => '1')}]}}`),
  'tensors of many texts': (size) => readTensors(bytesTensor(size, `"data":[${list(size, () => '""')}]`)),
  'tensors of many texts in binary': (size) =>
    readTensors(bytesTensor(size, `"parameters":{"binary_data_size":${4 * size}}`), empties(size)),
  'tensors of many lists': (size) =>
    readTensors(`{"inputs":[{"name":"a","shape":[${size},1],"datatype":"FP64","data":[${list(size, () => '[1]')}]}]}`),
  'many tensors': (size) =>
    readTensors(`{"inputs":[${list(size, (at) => `{"name":"a${at}","shape":[1],"datatype":"FP64","data":[1]}`)}]}`),
  'many outputs': (size) =>
    readTensors(
      `{"inputs":[{"name":"a","shape":[1],"datatype":"FP64","data":[1]}],"outputs":[${list(size, (at) => `{"name":"y${at}"}`)}]}`,
    ),
  'gRPC of many texts': (size) =>
    readCall({
      inputs: [
        {
          name: 'a',
          datatype: 'BYTES',
          shape: [`${size}`],
          contents: { bytes_contents: new Array(size).fill(Buffer.alloc(0)) },
        },
      ],
    }),
  'gRPC of many texts in raw contents': (size) =>
    readCall({ inputs: [{ name: 'a', datatype: 'BYTES', shape: [`${size}`] }], raw_input_contents: [empties(size)] }),
  'gRPC of many tensors': (size) => readCall({ inputs: Array.from({ length: size }, (_, at) => named(`a${at}`)) }),
  'gRPC of many outputs': (size) =>
    readCall({ outputs: Array.from({ length: size }, (_, at) => ({ name: `y${at}` })) }),
};

describe('four times of', () => {
  after(() => session.disconnect());
  const SIZE = 2000;
  for (const [what, read] of Object.entries(shapes)) {
    it(`${what} costs four times the work`, async () => {
      // What is done once for all is done before.
      await workOf(() => read(SIZE));
      const once = await workOf(() => read(SIZE));
      const fourfold = await workOf(() => read(4 * SIZE));
      assert.ok(once > 0);
      // What is read in blocks makes steps; work that grows with the square would be sixteenfold.
      assert.ok(fourfold <= 6 * once + 2000, `${fourfold} after ${once}`);
    });
  }

  it('the same names costs no more than once', async () => {
    const rows = Array.from({ length: 400 }, (_, at) => ({ distance: 1, [`optional_feld_${at}`]: 1 }));
    const own = compileSignature(fields);
    const first = await workOf(() => own.fromRows(rows));
    const again = await workOf(() => own.fromRows(rows));
    assert.ok(again < first / 3, `${again} after ${first}`);
  });
});
