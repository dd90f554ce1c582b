/** One field made ready: its column out of rows, or out of a column. */
import type { Batch, Column } from './columns.ts';
import type { ColumnInput, Row } from './data.ts';
import { type Complain, complaintsOf, isProblem, type Read } from './field.ts';
import { describe, type Field, kindOf } from './kinds/index.ts';
import type { NumberKind, TensorReader } from './kinds/kind.ts';

/** A value that the field does not allow refuses its row. */
export interface FieldReader {
  readonly name: string;
  fromRows(rows: readonly Row[], batch: Batch): Column;
  fromColumn(values: ColumnInput, batch: Batch): Column;
}

const numeric = (name: string, read: Read<number>): FieldReader => ({
  name,
  fromRows(rows, batch) {
    const values = new Float64Array(rows.length);
    for (let row = 0; row < rows.length; row++) {
      const value = read(rows[row][name]);
      if (typeof value === 'number') values[row] = value;
      else batch.refuse(row, value);
    }
    return { type: 'number', values };
  },
  fromColumn(input, batch) {
    const values = new Float64Array(batch.rows);
    for (let row = 0; row < batch.rows; row++) {
      const value = read(input[row]);
      if (typeof value === 'number') values[row] = value;
      else batch.refuse(row, value);
    }
    return { type: 'number', values };
  },
});

const numberField = (name: string, field: Field, kind: NumberKind<Field>, complain: Complain, coerce: boolean) => {
  const read = kind.read(field, complain, coerce);
  const plain = numeric(name, read);
  const typed = kind.readTyped ? numeric(name, kind.readTyped(read, complain)) : plain;
  const reader: FieldReader = {
    ...plain,
    fromColumn(input, batch) {
      if (input instanceof Float64Array && kind.fits?.(field, input)) return { type: 'number', values: input };
      return (ArrayBuffer.isView(input) ? typed : plain).fromColumn(input, batch);
    },
  };
  return reader;
};

const stringField = (name: string, read: Read<string | null>): FieldReader => {
  const fill = (batch: Batch, valueAt: (row: number) => unknown): Column => {
    const values = new Array<string | null>(batch.rows);
    for (let row = 0; row < batch.rows; row++) {
      const value = read(valueAt(row));
      if (isProblem(value)) {
        batch.refuse(row, value);
        values[row] = null;
      } else values[row] = value;
    }
    return { type: 'string', values };
  };
  return {
    name,
    fromRows: (rows, batch) => fill(batch, (row) => rows[row][name]),
    fromColumn: (input, batch) => fill(batch, (row) => input[row]),
  };
};

const tensorField = (name: string, { fill, fromColumn }: TensorReader): FieldReader => ({
  name,
  fromRows: (rows, batch) => fill(batch, (row) => rows[row][name]),
  fromColumn,
});

const complainOf = (name: string, field: Field, coerce: boolean): Complain => {
  const kind = kindOf(field);
  const expected = describe(field);
  if (coerce || kind.column === 'tensor' || kind.writeAs === undefined) return complaintsOf(name, expected);
  const lenient = (): Read<unknown> => kind.read(field, complaintsOf(name, expected), true);
  return complaintsOf(name, expected, { writeAs: kind.writeAs, lenient });
};

/** `coerce`: numbers, booleans and dates are read from texts too. */
export const fieldReader = (name: string, field: Field, coerce: boolean): FieldReader => {
  const kind = kindOf(field);
  const complain = complainOf(name, field, coerce);
  if (kind.column === 'number') return numberField(name, field, kind, complain, coerce);
  if (kind.column === 'string') return stringField(name, kind.read(field, complain, coerce));
  return tensorField(name, kind.reader(field, complain));
};
