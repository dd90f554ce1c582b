/** Typed contents: the lists of a protobuf message that hold the elements of a tensor. */
import { fail, type MillraceError, show } from '../../../core/errors.ts';
import { utf8Text } from '../../../text/utf8.ts';
import { type Datatype, type Elements, isElement } from '../oip/datatypes.ts';
import { type HalfDatatype, isHalfDatatype } from '../oip/halves.ts';
import { type OutputTensor, wrongElement } from '../oip/tensors.ts';
import type { Contents } from './messages.ts';

/** Halves have none: they travel raw only. */
const listOf: Readonly<Record<Exclude<Datatype, HalfDatatype>, keyof Contents>> = {
  BOOL: 'bool_contents',
  INT8: 'int_contents',
  INT16: 'int_contents',
  INT32: 'int_contents',
  INT64: 'int64_contents',
  UINT8: 'uint_contents',
  UINT16: 'uint_contents',
  UINT32: 'uint_contents',
  UINT64: 'uint64_contents',
  FP32: 'fp32_contents',
  FP64: 'fp64_contents',
  BYTES: 'bytes_contents',
};

const wrongList = (name: string, expected: string, got: string): MillraceError =>
  fail('BAD_REQUEST', `${name}: expected ${expected}, got ${got}.`, { field: name, expected, got });

/**
 * The `count` elements of a tensor out of its typed contents.
 *
 * @throws BAD_REQUEST when they stand in another list; BAD_SHAPE when they are more or fewer; WRONG_TYPE
 */
export const elementsOfContents = (name: string, datatype: Datatype, contents: Contents, count: number): Elements => {
  if (isHalfDatatype(datatype)) throw wrongList(name, `${datatype} in raw_input_contents`, 'typed contents');
  const list = listOf[datatype];
  const stray = Object.entries(contents).find(([key, elements]) => key !== list && elements.length > 0);
  if (stray !== undefined) throw wrongList(name, `${datatype} in ${list}`, stray[0]);
  const given = contents[list] ?? [];
  if (given.length !== count) {
    const [expected, got] = [`${count} elements`, `${given.length} elements`];
    throw fail('BAD_SHAPE', `${name}: the shape has ${expected}, ${list} has ${got}.`, { field: name, expected, got });
  }
  switch (datatype) {
    case 'FP32':
      return Float32Array.from(given as readonly number[]);
    case 'FP64':
      return Float64Array.from(given as readonly number[]);
    case 'BOOL':
      return given as readonly boolean[];
    case 'BYTES':
      return (given as readonly Uint8Array[]).map((bytes) => utf8Text(bytes) ?? bytes);
    case 'INT64':
      return BigInt64Array.from(given as readonly string[], BigInt);
    case 'UINT64':
      return BigUint64Array.from(given as readonly string[], BigInt);
    default: {
      // The lists are of 32 bits, so an element may be too large for its datatype.
      const wrong = (given as readonly number[]).find((element) => !isElement(datatype, element));
      if (wrong !== undefined) throw wrongElement(name, datatype, show(wrong));
      return given as readonly number[];
    }
  }
};

/** A tensor of an answer as typed contents, a missing number as NaN. @throws BAD_OUTPUT for other missing values */
export const contentsOf = ({ name, datatype, data }: OutputTensor): Contents => {
  if (isHalfDatatype(datatype)) throw fail('INTERNAL', `${name}: typed contents have no ${datatype}.`);
  const list = listOf[datatype];
  const floating = list === 'fp32_contents' || list === 'fp64_contents';
  const elements = Array.from(data as ArrayLike<unknown>, (element) => {
    if (element === null) {
      if (floating) return Number.NaN;
      const message = `${name} is missing for a row, and ${list} has no value for that; ask for this output over REST.`;
      throw fail('BAD_OUTPUT', message, { field: name, expected: datatype, got: 'null' });
    }
    if (datatype === 'BYTES') return Buffer.from(String(element));
    if (datatype === 'BOOL') return Boolean(element);
    return typeof element === 'bigint' || list === 'int64_contents' || list === 'uint64_contents'
      ? String(element)
      : element;
  });
  return { [list]: elements };
};
