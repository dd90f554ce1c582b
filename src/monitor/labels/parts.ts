/** Statements take only so many parameters. */
const MOST_ITEMS = 500;

/** A list in parts that a statement can take; none of an empty one. */
export const inParts = <T>(items: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / MOST_ITEMS) }, (_, at) =>
    items.slice(at * MOST_ITEMS, (at + 1) * MOST_ITEMS),
  );
