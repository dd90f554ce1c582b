import type { ColumnInput } from '../core/types.ts';
import { type Bits, type Rows, record, type Stored } from './table.ts';

const isTyped = (values: ColumnInput | Stored['data']): values is Bits => ArrayBuffer.isView(values);

const pickFrom = <T extends ColumnInput | Stored['data']>(values: T, keep: Int32Array): T => {
  if (!isTyped(values)) return Array.from(keep, (row) => values[row]) as unknown as T;
  const Typed = values.constructor as new (length: number) => Bits;
  const picked = new Typed(keep.length);
  for (let row = 0; row < keep.length; row++) picked[row] = values[keep[row]];
  return picked as unknown as T;
};

const pickStored = ({ data, valid }: Stored, keep: Int32Array): Stored => ({
  data: pickFrom(data, keep),
  ...(valid && { valid: pickFrom(valid, keep) }),
});

/** The rows at these places, in this order. */
export const pickRows = ({ columns, stored }: Rows, keep: Int32Array): Rows => {
  const picked = record<ColumnInput>();
  for (const name of Object.keys(columns)) picked[name] = pickFrom(columns[name], keep);
  if (stored === undefined) return { rows: keep.length, columns: picked };
  const kept = record<Stored>();
  for (const name of Object.keys(stored)) kept[name] = pickStored(stored[name], keep);
  return { rows: keep.length, columns: picked, stored: kept };
};
