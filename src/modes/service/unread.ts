/** Rows of a caller who numbers them, some of which could not be read. */
import type { Problem } from '../../core/errors.ts';

/** What is wrong with those that could not be read, by their numbers. */
export type UnreadRows = ReadonlyMap<number, Problem>;

/** The numbers by which the caller knows the rows that could be read. */
export const placesBeside = (unread: UnreadRows, rows: number): readonly number[] => {
  const places: number[] = [];
  for (let at = 0; places.length < rows; at++) if (!unread.has(at)) places.push(at);
  return places;
};

/** One value a row of the caller: of those that were read as given, of the others by their problems. */
export const besideUnread = <T>(unread: UnreadRows, read: readonly T[], of: (problem: Problem) => T): readonly T[] => {
  const next = read.values();
  return Array.from({ length: unread.size + read.length }, (_, at): T => {
    const problem = unread.get(at);
    return problem === undefined ? (next.next().value as T) : of(problem);
  });
};
