/** Which rows of a table travel with the package: evenly spread, so many and no more, however long the table is. */
import type { Example } from '../core/types.ts';
import { exactJson } from '../text/exact-json.ts';

/** Golden examples that are kept of a table. */
export const MOST_EXAMPLES = 100;
/** Their JSON together, in UTF-16 units; one is kept whatever its size. */
const MOST_CHARS = 1_000_000;

interface Keeping {
  /** Whether the row of this place, from 0, is one that is kept so far. */
  wants(row: number): boolean;
  add(row: number, example: Example): void;
  kept(): readonly Example[];
}

/** Every row at first; whenever there are too many, every other one of them is let go. */
export const startKeeping = (): Keeping => {
  let stride = 1;
  let held: { readonly row: number; readonly example: Example; readonly chars: number }[] = [];
  const chars = (): number => held.reduce((sum, one) => sum + one.chars, 0);
  return {
    wants: (row) => row % stride === 0,
    add(row, example) {
      held.push({ row, example, chars: exactJson(example).length });
      while (held.length > 1 && (held.length > MOST_EXAMPLES || chars() > MOST_CHARS)) {
        stride *= 2;
        held = held.filter((one) => one.row % stride === 0);
      }
    },
    kept: () => held.map(({ example }) => example),
  };
};
