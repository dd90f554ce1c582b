/**
 * What is read out of a body, each as a pure function of plain data: a small body is read where it came, a large one in a
 * thread of its own (`reader.ts`).
 */
import { fail, show } from '../../../core/errors.ts';
import type { Fields } from '../../../core/types.ts';
import { readJson } from '../../../text/json.ts';
import { readTensors, splitBody } from '../oip/binary.ts';
import { headOf, type JsonRequest, readRequest } from '../oip/json.ts';
import type { InputTensor } from '../oip/tensors.ts';
import { documentText, tableText } from './body-text.ts';
import { type CsvRow, readCsv } from './csv.ts';
import { mlflowRows } from './mlflow-rows.ts';
import { checkRows, mayLookLong, tooManyRows } from './row-limits.ts';
import { manyRows } from './rows.ts';

interface Body {
  readonly bytes: Uint8Array;
  /** Declared, unless it is UTF-8. */
  readonly charset: string | undefined;
}
interface RowLimits {
  readonly fields: Fields;
  /** How deep JSON may be nested. */
  readonly depth: number;
  /** The most rows. */
  readonly rows: number;
}

export type RowsBody = Body & RowLimits;
export interface TensorBody extends Body {
  readonly depth: number;
  readonly rows: number;
  /** Of the header that says how many bytes are JSON. */
  readonly jsonLength: string | readonly string[] | undefined;
}

export interface JsonRows {
  readonly text: string;
  /** One row, where there are not many. */
  readonly row: unknown;
  readonly many: readonly unknown[] | undefined;
}
export interface TensorRequest {
  readonly asked: Omit<JsonRequest, 'inputs'>;
  readonly inputs: readonly InputTensor[];
}

/** Features of Triton that would change the answer, so that they cannot be passed over. */
const refuseUnsupported = ({ inputs, outputs }: JsonRequest): void => {
  for (const { name, parameters } of [...inputs, ...(outputs ?? [])]) {
    for (const feature of ['shared_memory_region', 'classification']) {
      if (parameters[feature] === undefined) continue;
      throw fail('BAD_REQUEST', `${name}: the parameter ${feature} is not supported here.`, {
        field: name,
        expected: `no ${feature}`,
        got: show(parameters[feature]),
      });
    }
  }
};

/** A body that is small says little of anything. */
const CHECKED_BYTES = 16 * 1024;
const checkNames = (rows: readonly unknown[], { bytes, fields, rows: most }: RowsBody): void => {
  if (bytes.length > CHECKED_BYTES || mayLookLong(bytes.length, fields)) checkRows(rows, fields, most);
};

export const reads = {
  rows(body: RowsBody): JsonRows {
    const text = documentText(body.bytes, body.charset);
    const row = readJson(text, 'The body', body.depth);
    const many = manyRows(row, body.fields);
    checkNames(many ?? [row], body);
    return many === undefined ? { text, row, many } : { text, row: undefined, many };
  },
  mlflow(body: RowsBody): readonly unknown[] {
    const value = readJson(documentText(body.bytes, body.charset), 'The body', body.depth);
    const rows = mlflowRows(value, Object.keys(body.fields));
    checkNames(rows, body);
    return rows;
  },
  csv(body: RowsBody): readonly CsvRow[] {
    const lines = readCsv(tableText(body.bytes, body.charset), body.fields, body.rows);
    const [first] = lines;
    checkNames(first !== undefined && 'row' in first ? [first.row] : [], body);
    return lines;
  },
  /** A message of gRPC, whose library is loaded by whoever reads one. */
  async grpc({ bytes, rows }: { readonly bytes: Uint8Array; readonly rows: number }) {
    const { readInfer } = await import('../grpc/infer.ts');
    return readInfer(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), rows);
  },
  tensors({ bytes, charset, depth, rows, jsonLength }: TensorBody): TensorRequest {
    const { json, binary } = splitBody(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), jsonLength);
    const asked = readRequest(readJson(documentText(json, charset), 'The body', depth));
    refuseUnsupported(asked);
    const { inputs, ...rest } = asked;
    for (const entry of inputs) {
      const [first = 0] = headOf(entry).shape;
      if (first > rows) throw tooManyRows(rows, first);
    }
    return { asked: rest, inputs: readTensors(asked, binary) };
  },
} as const;

export type Reads = typeof reads;
export type ReadKind = keyof Reads;
