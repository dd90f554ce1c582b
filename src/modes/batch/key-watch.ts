/** Notices a key that comes twice, in flat memory: only where rows come in the order of their key. */
import { fail } from '../../core/errors.ts';
import { jsonText } from '../../files/cells.ts';
import { exactColumn } from '../../files/values.ts';
import type { SourceChunk } from '../../sources/source.ts';
import { ROW_KEY } from './plan.ts';
import type { Plan } from './types.ts';

/** Finds two rows of one key that stand next to each other, as they do where rows come in the order of their key. */
export interface KeyWatch {
  last(): readonly string[] | undefined;
  /** @throws DUPLICATE_KEY */
  watch(chunk: SourceChunk): void;
}

const textOf = (value: unknown): string =>
  typeof value === 'object' && value !== null ? jsonText(value) : String(value);

/** The texts of each row's key; a row without one is called by its number. */
export const keysOf = ({ key }: Plan, chunk: SourceChunk): ((row: number) => readonly string[]) => {
  if (key[0] === ROW_KEY) return (row) => [chunk.rowKey(chunk.place(row).row)];
  const columns = key.map((name) => exactColumn(chunk, { name, type: chunk.types[name] }) as ArrayLike<unknown>);
  return (row) => columns.map((column) => textOf(column[row]));
};

/** `start`: the key of the last row before, where a run goes on. */
export const keyWatch = (plan: Plan, isOrdered: boolean, start: readonly string[] | undefined): KeyWatch => {
  let last = start;
  return {
    last: () => last,
    watch(chunk) {
      if (!isOrdered) return;
      const { rows, types } = chunk;
      const values = plan.key.map((name) => exactColumn(chunk, { name, type: types[name] }) as ArrayLike<unknown>);
      for (let row = 0; row < rows; row++) {
        const key = values.map((column) => textOf(column[row]));
        if (
          last !== undefined &&
          key.every((text, index) => text === last?.[index]) &&
          values.every((c) => c[row] !== null)
        ) {
          throw fail(
            'DUPLICATE_KEY',
            `Two rows of the source have the key ${plan.key.join(', ')} = ${key.join(', ')}`,
            {
              field: plan.key.join(', '),
              expected: 'one row a key',
              got: key.join(', '),
            },
          );
        }
        last = key;
      }
    },
  };
};
