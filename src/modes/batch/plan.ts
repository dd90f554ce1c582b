/** What a run writes, settled by the first rows of its source; and whether it can, before anything is scored. */
import { fail, showNames } from '../../core/errors.ts';
import { isInstant, kindOf } from '../../core/kinds/index.ts';
import type { SqlType } from '../../core/kinds/kind.ts';
import { nearest } from '../../core/nearest.ts';
import type { Field, Manifest } from '../../core/types.ts';
import { unknownRow } from '../../core/unknown-row.ts';
import { refuseFlaws } from '../../files/flaws.ts';
import { answerColumns } from '../../files/scoring.ts';
import type { Cells, ColumnSpec, ColumnType, TableChunk } from '../../files/table.ts';
import { elementColumns } from '../../files/tensor-cells.ts';
import type { SinkShape } from '../../sinks/sink.ts';
import type { SourceChunk } from '../../sources/source.ts';
import type { Plan } from './types.ts';

/** The name of rows that have no key of their own. */
export const ROW_KEY = 'row_key';

export interface PlanOptions {
  readonly manifest: Manifest;
  readonly digest: string;
  readonly run: string;
  /** The source, as messages call it. */
  readonly source: string;
  readonly cells: Cells;
  readonly fingerprint: string;
  /** None when rows are to be numbered. */
  readonly key: readonly string[];
  readonly columns: readonly string[];
  /** The plan of the run before, if any. */
  readonly before: Plan | undefined;
}

/** What every row says of how it was made. */
export const provenance = ({
  manifest,
  digest,
  run,
}: Pick<PlanOptions, 'manifest' | 'digest' | 'run'>): readonly ColumnSpec[] => [
  { name: 'model', type: 'VARCHAR', constant: manifest.name },
  { name: 'version', type: 'VARCHAR', constant: manifest.version },
  { name: 'digest', type: 'VARCHAR', constant: digest },
  { name: 'run_id', type: 'VARCHAR', constant: run },
  { name: 'scored_at', type: 'TIMESTAMP WITH TIME ZONE' },
];

const isText = (type: ColumnType): boolean => type === 'VARCHAR' || type === 'UUID';
const isNumber = (type: ColumnType): boolean =>
  /^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|FLOAT|DOUBLE|DECIMAL.*)$/.test(type);
const isTime = (type: ColumnType): boolean => type.startsWith('TIMESTAMP') || type === 'DATE' || isText(type);
const isList = (type: ColumnType): boolean => /\[\d*\]$|^JSON$/.test(type);

/** Of what types a column may be whose values are to become those of a type. */
const sourcesOf: Readonly<Record<SqlType, (type: ColumnType, cells: Cells) => boolean>> = {
  DOUBLE: isNumber,
  BIGINT: isNumber,
  BOOLEAN: (type, cells) => type === 'BOOLEAN' || (cells === 'free' && isNumber(type)),
  'TIMESTAMP WITH TIME ZONE': isTime,
  VARCHAR: (type) => isText(type) || type.startsWith('ENUM'),
};

/** Whether columns of a type can hold values of a field. A column of free cells is judged by what it was declared as. */
const canHold = (field: Field, type: ColumnType, cells: Cells): boolean => {
  if (type === 'JSON' && cells === 'free') return true;
  const kind = kindOf(field);
  if (kind.column === 'tensor') return isList(type) || isText(type);
  return sourcesOf[kind.sqlType](type, cells);
};

/** How a query makes an instant of seconds since 1970. */
const instantSql = (name: string, cells: Cells): string =>
  cells === 'free' ? `strftime('%Y-%m-%dT%H:%M:%fZ', ${name}, 'unixepoch')` : `to_timestamp(${name})`;

/** One failure before the start beats a reject for every row. */
const checkInputs = ({ manifest, source, cells, before }: PlanOptions, first: SourceChunk): void => {
  const { types } = first;
  const have = Object.keys(types);
  const has = (column: string): boolean => Object.hasOwn(types, column);
  const elements = elementColumns(manifest.inputs, has);
  for (const [name, field] of Object.entries(manifest.inputs)) {
    const type = has(name) ? types[name] : undefined;
    if (type === undefined) {
      if (elements.has(name)) continue;
      const had = before?.source[name];
      if (field.nullable && had === undefined) continue;
      const near = nearest(name, have);
      const hint = had !== undefined ? ' The run before had it.' : near === undefined ? '' : ` Is it ${near}?`;
      throw fail('BAD_SOURCE', `${source} has no column ${name}, which ${manifest.name} needs.${hint}`, {
        field: name,
        expected: `a column ${name}`,
        got: showNames(have),
      });
    }
    const isLenient = manifest.coerce && !isInstant(field);
    const without = first.lacking?.[name];
    if (without !== undefined && !field.nullable) {
      throw fail('BAD_SOURCE', `${without} has no column ${name}, which may not be missing`, {
        field: name,
        expected: `a column ${name} in every file, or nullable: true in the model`,
        got: 'none',
      });
    }
    if (cells === 'text' || isLenient || canHold(field, type, cells)) continue;
    const had = before?.source[name];
    const was = had === undefined || had === type ? '' : `; in the run before it was ${had}`;
    throw fail(
      'BAD_SOURCE',
      `${source}: the column ${name} is ${type}, but ${manifest.name} needs a ${field.kind}${was}`,
      {
        field: name,
        expected:
          isInstant(field) && isNumber(type)
            ? `dates or ISO 8601 text, as a number does not say its unit; in SQL, ${instantSql(name, cells)}`
            : `a column of a ${field.kind}; in SQL, cast(${name} as …)`,
        got: type,
      },
    );
  }
  const names = Object.keys(manifest.inputs);
  if (have.length > 0 && names.length > 0 && !names.some((name) => has(name) || elements.has(name))) {
    const { message, ...rest } = unknownRow(source, have, names);
    throw fail('BAD_SOURCE', message, rest);
  }
};

const missingColumn = (name: string, what: string, { source }: PlanOptions, have: readonly string[]) => {
  const near = nearest(name, have);
  return fail('BAD_SOURCE', `${source} has no column ${name}, which ${what}.${near ? ` Is it ${near}?` : ''}`, {
    field: name,
    expected: `one of ${showNames(have)}`,
    got: name,
  });
};

/** The type of a column whose cells may be anything, by its first rows. */
const settle = (values: ArrayLike<unknown>, isKey: boolean): ColumnType => {
  const seen = Array.from(values).filter((value) => value !== null && value !== undefined && !Number.isNaN(value));
  if (seen.length === 0 || seen.every((value) => typeof value === 'string')) return 'VARCHAR';
  if (seen.every((value) => typeof value === 'boolean')) return 'BOOLEAN';
  const isWhole = (value: unknown): boolean => typeof value === 'bigint' || Number.isInteger(value);
  if (isKey && seen.every(isWhole)) return 'BIGINT';
  return seen.every((value) => typeof value === 'number' || typeof value === 'bigint') ? 'DOUBLE' : 'JSON';
};

const carriedType = (name: string, chunk: TableChunk, { cells, manifest, key }: PlanOptions): ColumnType => {
  const type = chunk.types[name] ?? 'VARCHAR';
  if (cells === 'typed') return type;
  if (cells === 'free')
    return type === 'JSON' ? settle(chunk.columns[name] as ArrayLike<unknown>, key.includes(name)) : type;
  const kind = Object.hasOwn(manifest.inputs, name) ? kindOf(manifest.inputs[name]) : undefined;
  // Rows that were scored are known to have numbers here.
  return kind?.column === 'number' && kind.isNumber ? kind.sqlType : 'VARCHAR';
};

/**
 * @throws MillraceError BAD_SOURCE when the source lacks a column or has one of another type, BAD_PROJECT when two columns of the output
 * would have one name.
 */
export const makePlan = (options: PlanOptions, first: SourceChunk): Plan => {
  const { manifest, key, columns, fingerprint } = options;
  const wanted = [...new Set([...key, ...columns])];
  const read = Object.keys(manifest.inputs);
  refuseFlaws(first.flaws, { table: options.source, code: 'BAD_SOURCE', read, passed: wanted });
  checkInputs(options, first);
  const have = Object.keys(first.types);
  for (const name of key) if (!have.includes(name)) throw missingColumn(name, 'is to be its key', options, have);
  for (const name of columns) if (!have.includes(name)) throw missingColumn(name, 'is to be written', options, have);

  const carried = wanted.map((name): ColumnSpec => ({ name, type: carriedType(name, first, options) }));
  const made = provenance(options);
  const own = [...(key.length === 0 ? [ROW_KEY] : []), ...made.map(({ name }) => name)];
  const twice = wanted.find((name) => own.includes(name));
  if (twice !== undefined) {
    throw fail(
      'BAD_PROJECT',
      `The output has a column ${twice} of its own: give the source's another name (select ${twice} as …)`,
      {
        field: twice,
        expected: `columns other than ${own.join(', ')}`,
        got: twice,
      },
    );
  }
  const answers = answerColumns(manifest.outputs, [...wanted, ...own]);
  const rowKey: readonly ColumnSpec[] = key.length === 0 ? [{ name: ROW_KEY, type: 'VARCHAR' }] : [];
  return {
    columns: [...rowKey, ...carried, ...answers.map(({ name, type }) => ({ name, type })), ...made],
    key: key.length === 0 ? [ROW_KEY] : key,
    carried,
    answers: answers.map(({ field, name }) => ({ field, column: name })),
    source: { ...first.types },
    fingerprint,
  };
};

export const shapeOf = ({ columns, key }: Plan): SinkShape => ({ columns, key });
