/** What the service is asked: rows of 16 numbers, always the same. */
import { postRequest } from '../http-load.ts';

const names = Array.from({ length: 16 }, (_, at) => `f${at}`);
export const path = '/predict/trees-100x6';

/** Always the same numbers from -2 to 2 (a linear congruential generator, Numerical Recipes). */
const createNumbers = (): (() => number) => {
  let state = 20_261_120;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.round((state / 4_294_967_296) * 4e6 - 2e6) / 1e6;
  };
};
export const number = createNumbers();
export const rowOf = () => Object.fromEntries(names.map((name) => [name, number()]));
export const some = <T>(count: number, make: () => T): readonly T[] => Array.from({ length: count }, make);

/** A request of the Open Inference Protocol, its tensors in JSON or in binary. */
export const inferRequest = (rows: number, binary: boolean): Buffer => {
  const columns = names.map((name) => ({ name, values: Float64Array.from({ length: rows }, number) }));
  const inputs = columns.map(({ name, values }) => ({
    name,
    shape: [rows],
    datatype: 'FP64',
    ...(binary ? { parameters: { binary_data_size: values.byteLength } } : { data: [...values] }),
  }));
  const json = Buffer.from(JSON.stringify({ inputs, ...(binary && { parameters: { binary_data_output: true } }) }));
  const address = '/v2/models/trees-100x6/infer';
  if (!binary) return postRequest(address, json);
  const body = Buffer.concat([json, ...columns.map(({ values }) => new Uint8Array(values.buffer))]);
  const headers = { 'content-type': 'application/octet-stream', 'inference-header-content-length': `${json.length}` };
  return postRequest(address, body, headers);
};

/** One row each, as JSON. */
export const oneRowRequests = (headers?: Readonly<Record<string, string>>): readonly Buffer[] =>
  some(256, () => postRequest(path, JSON.stringify(rowOf()), headers));
