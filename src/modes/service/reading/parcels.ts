/**
 * Values that cross from one thread to another in parcels: what a thread is handed at once, it reads at once, and a large
 * value would hold it up. Long lists are cut wherever they stand; lists of numbers go as their bytes.
 */
import { fail } from '../../../core/errors.ts';

/** Items of a list, of which those at `holes` are lists that came before. The last parcel has the value itself. */
export type ListParcel = {
  readonly list: number;
  readonly items: readonly unknown[] | Float64Array;
  readonly holes: readonly Hole[];
};
/** The place of a list in the items of a parcel, as keys from outside in, and its number. */
export interface Hole {
  readonly path: readonly (string | number)[];
  readonly list: number;
}

/** Values in a parcel, about. */
const PARCEL_VALUES = 4096;
/** Numbers in a parcel; they cost less. */
const PARCEL_NUMBERS = 32_768;
/** Names that an object may have: objects are not cut. */
const MOST_NAMES = 10_000;

/** The number of the list that holds nothing but the value itself. */
export const WHOLE = 0;

const tooWide = () =>
  fail('BAD_REQUEST', `An object of the body has more than ${MOST_NAMES} names.`, {
    expected: `at most ${MOST_NAMES} names in an object`,
    got: 'more',
  });

const isPlainNumbers = (list: readonly unknown[]): list is readonly number[] => {
  for (const item of list) if (typeof item !== 'number') return false;
  return true;
};

/** A view takes all of its buffer with it. */
const compact = (view: ArrayBufferView): ArrayBufferView =>
  view.byteLength === view.buffer.byteLength ? view : (view as Uint8Array).slice();

/**
 * The parcels of a value of JSON, each with what it needs before it. Work and size grow with the value alone.
 *
 * @throws BAD_REQUEST for an object with too many names
 */
export function* parcelsOf(whole: unknown): Generator<ListParcel> {
  let lists = WHOLE;

  /** Puts a value into the parcel under way, long lists in it replaced by holes; returns what stands in its place. */
  function* cut(
    value: unknown,
    path: readonly (string | number)[],
    room: { values: number; readonly holes: Hole[] },
  ): Generator<ListParcel, unknown> {
    room.values++;
    if (typeof value !== 'object' || value === null) return value;
    if (ArrayBuffer.isView(value)) return compact(value);
    if (Array.isArray(value)) {
      if (value.length <= 16 && isPlainNumbers(value)) {
        room.values += value.length;
        return value;
      }
      const list = ++lists;
      yield* listParcels(value, list);
      room.holes.push({ path, list });
      return null;
    }
    const names = Object.keys(value);
    if (names.length > MOST_NAMES) throw tooWide();
    let copy: Record<string, unknown> | undefined;
    for (const name of names) {
      const own = (value as Record<string, unknown>)[name];
      if (typeof own !== 'object' || own === null) room.values++;
      else {
        const put = yield* cut(own, [...path, name], room);
        if (put === own) continue;
        copy ??= { ...value };
        Object.defineProperty(copy, name, { value: put, writable: true, enumerable: true, configurable: true });
      }
    }
    return copy ?? value;
  }

  function* listParcels(values: readonly unknown[], list: number): Generator<ListParcel> {
    if (isPlainNumbers(values)) {
      for (let at = 0; at < values.length || at === 0; at += PARCEL_NUMBERS) {
        yield { list, items: Float64Array.from(values.slice(at, at + PARCEL_NUMBERS)), holes: [] };
      }
      return;
    }
    let items: unknown[] = [];
    let room = { values: 0, holes: [] as Hole[] };
    for (const value of values) {
      items.push(yield* cut(value, [items.length], room));
      if (room.values < PARCEL_VALUES) continue;
      yield { list, items, holes: room.holes };
      items = [];
      room = { values: 0, holes: [] };
    }
    yield { list, items, holes: room.holes };
  }

  yield* listParcels([whole], WHOLE);
}

/** Puts parcels together again, in the order in which they were made. */
export const createUnpacker = () => {
  const lists = new Map<number, unknown[]>();
  return {
    add({ list, items, holes }: ListParcel): void {
      for (const hole of holes) {
        let place = items as unknown as Record<string | number, unknown>;
        for (const key of hole.path.slice(0, -1)) place = place[key] as Record<string | number, unknown>;
        const value = lists.get(hole.list);
        lists.delete(hole.list);
        Object.defineProperty(place, hole.path[hole.path.length - 1], {
          value,
          writable: true,
          enumerable: true,
          configurable: true,
        });
      }
      const all = lists.get(list);
      if (all === undefined) lists.set(list, Array.isArray(items) ? items : Array.from(items));
      else for (const item of items) all.push(item);
    },
    /** The value, once all parcels have been added. */
    whole: (): unknown => lists.get(WHOLE)?.[0],
  };
};
