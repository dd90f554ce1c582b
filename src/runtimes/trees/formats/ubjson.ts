/** Universal Binary JSON (https://ubjson.org, draft 12), as XGBoost writes it: numbers lie in big-endian order. */
import { fail } from '../../../core/errors.ts';

const MAX_DEPTH = 64;

const [OBJECT, OBJECT_END, ARRAY, ARRAY_END, TYPE, COUNT] = [...'{}[]$#'].map((sign) => sign.charCodeAt(0));
const NO_OP = 'N'.charCodeAt(0);

interface NumberType {
  readonly bytes: number;
  readonly get: (view: DataView, at: number) => number;
  readonly array: new (
    length: number,
  ) => Int8Array | Uint8Array | Int16Array | Int32Array | Float32Array | Float64Array;
}

/** Integers of 64 bits are read as float64: what models count lies far below 2^53. */
const numbers: ReadonlyMap<number, NumberType> = new Map(
  Object.entries({
    i: { bytes: 1, get: (view: DataView, at: number) => view.getInt8(at), array: Int8Array },
    U: { bytes: 1, get: (view: DataView, at: number) => view.getUint8(at), array: Uint8Array },
    I: { bytes: 2, get: (view: DataView, at: number) => view.getInt16(at), array: Int16Array },
    l: { bytes: 4, get: (view: DataView, at: number) => view.getInt32(at), array: Int32Array },
    L: { bytes: 8, get: (view: DataView, at: number) => Number(view.getBigInt64(at)), array: Float64Array },
    d: { bytes: 4, get: (view: DataView, at: number) => view.getFloat32(at), array: Float32Array },
    D: { bytes: 8, get: (view: DataView, at: number) => view.getFloat64(at), array: Float64Array },
  }).map(([sign, type]) => [sign.charCodeAt(0), type]),
);

const literals: ReadonlyMap<number, unknown> = new Map([
  ['Z'.charCodeAt(0), null],
  ['T'.charCodeAt(0), true],
  ['F'.charCodeAt(0), false],
]);
const [STRING, CHAR] = ['S'.charCodeAt(0), 'C'.charCodeAt(0)];

const damaged = (at: number, expected: string, got: string) =>
  fail('BAD_MODEL', `The model is damaged at byte ${at}: expected ${expected}, got ${got}.`, { expected, got });

/** Where the reading is, and what can be taken from there. */
const createCursor = (bytes: Uint8Array) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = new TextDecoder('utf-8', { fatal: true });
  let at = 0;
  const need = (count: number): void => {
    if (!(count >= 0 && count <= bytes.length - at))
      throw damaged(at, `${count} bytes`, count < 0 ? 'less than none' : `${bytes.length - at}`);
  };
  const sign = (): number => {
    need(1);
    return bytes[at++];
  };
  const number = ({ bytes: size, get }: NumberType): number => {
    need(size);
    const value = get(view, at);
    at += size;
    return value;
  };
  const length = (): number => {
    const start = at;
    const type = numbers.get(sign());
    const value = type && number(type);
    if (value === undefined || !Number.isSafeInteger(value) || value < 0)
      throw damaged(start, 'a length', value === undefined ? 'no integer' : `${value}`);
    return value;
  };
  const string = (): string => {
    const size = length();
    need(size);
    at += size;
    try {
      return text.decode(bytes.subarray(at - size, at));
    } catch {
      throw damaged(at - size, 'a text in UTF-8', 'other bytes');
    }
  };
  /** Steps over a sign if it is next. */
  const skip = (one: number): boolean => {
    if (bytes[at] !== one) return false;
    at++;
    return true;
  };
  return { place: () => at, left: () => bytes.length - at, need, sign, number, length, string, skip };
};
type Cursor = ReturnType<typeof createCursor>;

/** The type and the count of a container, where it says them. */
const readHead = (cursor: Cursor): { readonly type?: number; readonly count?: number } => {
  const type = cursor.skip(TYPE) ? cursor.sign() : undefined;
  if (cursor.skip(COUNT)) return { type, count: cursor.length() };
  if (type !== undefined) throw damaged(cursor.place(), 'a count', 'none');
  return {};
};

const readArray = (cursor: Cursor, depth: number): unknown => {
  const { type, count } = readHead(cursor);
  const numeric = type === undefined ? undefined : numbers.get(type);
  if (numeric && count !== undefined) {
    cursor.need(count * numeric.bytes);
    const values = new numeric.array(count);
    for (let index = 0; index < count; index++) values[index] = cursor.number(numeric);
    return values;
  }
  // A type that takes no bytes would make much of little.
  if (count !== undefined) cursor.need(count);
  const values: unknown[] = [];
  while (count === undefined ? !cursor.skip(ARRAY_END) : values.length < count)
    values.push(readValue(cursor, type ?? cursor.sign(), depth));
  return values;
};

const readObject = (cursor: Cursor, depth: number): unknown => {
  const { type, count } = readHead(cursor);
  const entries = new Map<string, unknown>();
  while (count === undefined ? !cursor.skip(OBJECT_END) : entries.size < count) {
    const start = cursor.place();
    const name = cursor.string();
    if (entries.has(name)) throw damaged(start, 'each name once', `${JSON.stringify(name.slice(0, 80))} twice`);
    entries.set(name, readValue(cursor, type ?? cursor.sign(), depth));
  }
  return Object.fromEntries(entries);
};

const readValue = (cursor: Cursor, type: number, depth: number): unknown => {
  if (depth > MAX_DEPTH) throw damaged(cursor.place(), `at most ${MAX_DEPTH} levels`, 'more');
  if (type === OBJECT) return readObject(cursor, depth + 1);
  if (type === ARRAY) return readArray(cursor, depth + 1);
  if (type === STRING) return cursor.string();
  if (type === CHAR) return String.fromCharCode(cursor.sign());
  if (type === NO_OP) return readValue(cursor, cursor.sign(), depth + 1);
  if (literals.has(type)) return literals.get(type);
  const numeric = numbers.get(type);
  if (numeric === undefined) throw damaged(cursor.place() - 1, 'a value', `the byte ${type}`);
  return cursor.number(numeric);
};

/**
 * The one value that the bytes hold. Numbers of one type side by side become a typed array.
 *
 * @throws BAD_MODEL for what is cut off, or no UBJSON
 */
export const readUbjson = (bytes: Uint8Array): unknown => {
  const cursor = createCursor(bytes);
  const whole = readValue(cursor, cursor.sign(), 0);
  if (cursor.left() > 0) throw damaged(cursor.place(), 'the end', `${cursor.left()} bytes more`);
  return whole;
};
