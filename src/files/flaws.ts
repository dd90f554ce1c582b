/** Columns of a Parquet file that its reader cannot give as they are: refused where they are needed, and only there. */
import { type Code, fail } from '../core/errors.ts';

export interface FileFlaw {
  /** As the file has it, such as `DECIMAL(50,2)`. */
  readonly type: string;
  /** `unread`: the column is left out. `narrowed`: a model may read it, but the values are not all that the file holds. */
  readonly what: 'unread' | 'narrowed';
}

/** A row of DuckDB's `parquet_schema`, in the order of the footer: depth first. */
export interface SchemaNode {
  readonly type: string | null;
  readonly logical: string | null;
  readonly precision: number | null;
  readonly scale: number | null;
  readonly children: number;
}

/** DuckDB 1.5 reads more digits than this as doubles, and wrong ones: https://github.com/duckdb/duckdb/pull/25058 */
const MAX_DIGITS = 38;

const flawOf = ({ type, logical, precision, scale }: SchemaNode): FileFlaw | undefined => {
  if ((precision ?? 0) > MAX_DIGITS) return { type: `DECIMAL(${precision},${scale ?? 0})`, what: 'unread' };
  if (type === 'INT96') return { type: 'INT96', what: 'narrowed' };
  const isNanos = /^TimestampType\(isAdjustedToUTC=1\b.*NanoSeconds/.test(logical ?? '');
  return isNanos ? { type: 'TIMESTAMP(NANOS, UTC)', what: 'narrowed' } : undefined;
};

/** The first flaw of each column, however deep it lies; the root comes first among `nodes`. */
export const flawsOf = (nodes: readonly SchemaNode[]): readonly (FileFlaw | undefined)[] => {
  let at = 1;
  const worst = (): FileFlaw | undefined => {
    const node = nodes[at++];
    let flaw = flawOf(node);
    for (let child = 0; child < node.children; child++) {
      const inner = worst();
      if (flaw?.what !== 'unread') flaw = inner ?? flaw;
    }
    return flaw;
  };
  return Array.from({ length: nodes[0]?.children ?? 0 }, worst);
};

export interface FlawUse {
  /** The table, as messages call it. */
  readonly table: string;
  readonly code: Code;
  /** Columns that a model reads, and those that are written as they are. */
  readonly read: readonly string[];
  readonly passed: readonly string[];
}

const ways: Readonly<Record<FileFlaw['what'], string>> = {
  unread: 'at most 38 digits; write the column anew as DECIMAL(38, …), as a double or as text',
  narrowed:
    'TIMESTAMP in microseconds, or in nanoseconds without UTC; write the column anew so, or leave it out of the output',
};

/** @throws MillraceError `code` for the first column whose flaw would show in an answer or in the output. */
export const refuseFlaws = (
  flaws: Readonly<Record<string, FileFlaw>> | undefined,
  { table, code, read, passed }: FlawUse,
): void => {
  for (const [name, { type, what }] of Object.entries(flaws ?? {})) {
    if (!passed.includes(name) && !(what === 'unread' && read.includes(name))) continue;
    const why = what === 'unread' ? 'which cannot be read' : 'of which only microseconds can be read';
    const out = passed.includes(name) && !read.includes(name) ? ' Choose the columns that are kept, without it.' : '';
    throw fail(code, `${table}: the column ${name} is ${type}, ${why}.${out}`, {
      field: name,
      expected: ways[what],
      got: type,
    });
  }
};
