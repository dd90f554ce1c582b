/** The rows in MLflow's formats (MLflow docs, "Inference server specification"). */
import { fail, type MillraceError, show } from '../../../core/errors.ts';

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const wrong = (place: string, expected: string, got: unknown, field?: string): MillraceError =>
  fail('BAD_REQUEST', `${place}: expected ${expected}, got ${show(got)}.`, {
    expected,
    got: show(got),
    ...(field !== undefined && { field }),
  });

/** One instance as a row: an object is one; values in a list are those of the fields in their order. */
const rowOf = (value: unknown, names: readonly string[], place: string): unknown => {
  if (isObject(value)) return value;
  if (names.length === 1) return { [names[0]]: value };
  if (Array.isArray(value) && value.length === names.length) {
    return Object.fromEntries(names.map((name, at) => [name, value[at]]));
  }
  throw wrong(
    place,
    `an object of fields, or a list of ${names.length} values (${names.slice(0, 8).join(', ')})`,
    value,
  );
};

const valuesOf = (count: number): string => (count === 1 ? '1 value' : `${count} values`);

const listOf = (value: unknown, place: string): readonly unknown[] => {
  if (Array.isArray(value)) return value;
  throw wrong(place, 'a list', value);
};

/** @throws BAD_REQUEST for a name that stands twice: one of its values would be lost. */
const checkOnce = (names: readonly string[], place: string): void => {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw wrong(place, 'each column once', `${name} twice`, name);
    seen.add(name);
  }
};

const splitRows = (value: unknown, names: readonly string[]): readonly unknown[] => {
  if (!isObject(value)) throw wrong('dataframe_split', 'an object with columns and data', value);
  const columns = value.columns === undefined ? names : listOf(value.columns, 'dataframe_split.columns').map(String);
  checkOnce(columns, 'dataframe_split.columns');
  return listOf(value.data, 'dataframe_split.data').map((cells, at) => {
    const own = listOf(cells, `dataframe_split.data[${at}]`);
    if (own.length !== columns.length) throw wrong(`dataframe_split.data[${at}]`, valuesOf(columns.length), cells);
    return Object.fromEntries(columns.map((name, column) => [name, own[column]]));
  });
};

/** `inputs` by column: each field with the list of its values. */
const columnRows = (value: Json, names: readonly string[]): readonly unknown[] => {
  const columns = Object.entries(value).map(([name, column]) => [name, listOf(column, `inputs.${name}`)] as const);
  const rows = columns[0]?.[1].length ?? 0;
  const other = columns.find(([, column]) => column.length !== rows);
  if (other) throw wrong(`inputs.${other[0]}`, `${valuesOf(rows)}, as in ${names[0]}`, other[1]);
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(columns.map(([name, column]) => [name, column[row]])),
  );
};

const formats = ['dataframe_split', 'dataframe_records', 'instances', 'inputs'] as const;

/** The rows of a body in any of MLflow's formats. @throws BAD_REQUEST */
export const mlflowRows = (body: unknown, names: readonly string[]): readonly unknown[] => {
  const given = isObject(body) ? formats.filter((format) => Object.hasOwn(body, format)) : [];
  if (!isObject(body) || given.length !== 1) {
    throw wrong('the body', `an object with one of ${formats.join(', ')}`, given.length > 1 ? given : body);
  }
  const [format] = given;
  const value = body[format];
  if (format === 'dataframe_split') return splitRows(value, names);
  if (format === 'inputs' && isObject(value)) return columnRows(value, names);
  return listOf(value, format).map((one, at) => rowOf(one, names, `${format}[${at}]`));
};
