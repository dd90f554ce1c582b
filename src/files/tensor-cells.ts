/**
 * Tensors in a table: as JSON in a cell, which is how CSV is written here, or as a column an element, `x_0` … `x_11` of a
 * tensor x of shape [3, 4], in row-major order.
 */
import { isBlank, parseNumeral } from '../core/field.ts';
import { kindOf, tensorOf } from '../core/kinds/index.ts';
import { fixedShape } from '../core/row-tensors.ts';
import type { ColumnInput, Dtype, Field, Fields } from '../core/types.ts';
import { readJson } from '../text/json.ts';

/** More columns than this are no way to write one tensor. */
const MAX_COLUMNS = 10_000;

/** The list that a cell's text is as JSON; any other value as it is, for the field to refuse. */
export const listOf = (cell: unknown): unknown => {
  if (typeof cell !== 'string') return cell;
  try {
    return readJson(cell, 'The cell');
  } catch {
    return cell;
  }
};

const elementNames = (name: string, field: Field): readonly string[] => {
  const shape = fixedShape(tensorOf(field)?.shape ?? []) ?? [];
  const size = shape.reduce((product, dim) => product * dim, 1);
  const isWritten = kindOf(field).column === 'tensor' && shape.length > 0 && size <= MAX_COLUMNS;
  return isWritten ? Array.from({ length: size }, (_, at) => `${name}_${at}`) : [];
};

/** By field: the columns of its elements, where there is no column of the field itself and all of these are there. */
export const elementColumns = (
  fields: Fields,
  has: (column: string) => boolean,
): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, readonly string[]>();
  for (const [name, field] of Object.entries(fields)) {
    const names = has(name) ? [] : elementNames(name, field);
    if (names.length > 0 && names.every(has)) found.set(name, names);
  }
  return found;
};

const truths: Readonly<Record<string, boolean>> = { true: true, false: false };

/** An element that a text stands for; what stands for none stays a text, for the field to refuse. */
const elementOf = (dtype: Dtype | undefined, text: string): unknown => {
  if (dtype === 'string') return text;
  if (isBlank(text)) return null;
  return dtype === 'bool' ? (truths[text.trim().toLowerCase()] ?? text) : (parseNumeral(text) ?? text);
};

/** A flat list a row; a row without any of its elements has no tensor. */
export const tensorOfColumns = (field: Field, columns: readonly ColumnInput[], rows: number): readonly unknown[] => {
  const dtype = tensorOf(field)?.dtype;
  return Array.from({ length: rows }, (_, row) => {
    const elements = columns.map((column) => {
      const cell = (column as ArrayLike<unknown>)[row] ?? null;
      return typeof cell === 'string' ? elementOf(dtype, cell) : cell;
    });
    return elements.every((element) => element === null || Number.isNaN(element)) ? null : elements;
  });
};
