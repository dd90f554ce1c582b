/** A header on its way: the tables and functions that it needs, and the lines of its one large function. */
import type { Dtype } from '../../core/types.ts';
import { type HelperName, helperText } from './helpers.ts';
import { notExportable } from './refuse.ts';
import { byBytes, double, float, int64, list, text } from './text.ts';

/** A text is pieces side by side, as nothing is allocated to join them: `name[0]` … `name[pieces - 1]`; missing if the first is 0. */
export interface CText {
  readonly name: string;
  readonly pieces: number;
}

/** Types of C that hold a dtype. A text has none. */
export const types: Readonly<Partial<Record<Dtype, string>>> = {
  float32: 'float',
  float64: 'double',
  int8: 'int8_t',
  uint8: 'uint8_t',
  int16: 'int16_t',
  uint16: 'uint16_t',
  int32: 'int32_t',
  uint32: 'uint32_t',
  int64: 'int64_t',
  bool: 'uint8_t',
};

export const typeOf = (dtype: Dtype): string => {
  const type = types[dtype];
  if (type === undefined) throw notExportable(`values of type ${dtype}`);
  return type;
};

export interface Draft {
  readonly prefix: string;
  /** The name of a helper function, which then stands in the header. */
  use(name: HelperName): string;
  /** A function of the model's own, whose text is given its name. */
  define(stem: string, write: (name: string) => string): string;
  /** A constant array; one that is the same as another is that. */
  table(type: string, values: readonly string[]): string;
  numbers(dtype: Dtype, values: Iterable<number | bigint>): string;
  texts(values: readonly string[]): string;
  /** A name that nothing else has. */
  fresh(stem: string): string;
  line(...lines: readonly string[]): void;
  /** A statement that refuses the row with a status, for what is named. */
  refusal(status: string, what: string): string;
  /** The same with the status that an expression has. */
  refusalOf(expression: string, what: string): string;
  /** A variable of type double. */
  number(expression: string): string;
  /** A variable for a text of so many pieces. */
  text(expressions: readonly string[]): CText;
  /** An expression for the place of a text in sorted texts, -1 where it is none of them. */
  find(value: CText, sorted: readonly string[]): string;
  readonly tables: readonly string[];
  readonly functions: readonly string[];
  readonly lines: readonly string[];
}

/** @throws NOT_EXPORTABLE for what a text of C cannot hold */
const literal = (value: string): string => {
  if (value.includes('\0') || !value.isWellFormed())
    throw notExportable('a text with U+0000 or half of a surrogate pair');
  return text(value);
};

const numeral = (dtype: Dtype, value: number | bigint): string => {
  if (dtype === 'float32') return float(Number(value));
  if (dtype === 'float64') return double(Number(value));
  return dtype === 'int64' ? int64(BigInt(value)) : String(value);
};

export const createDraft = (prefix: string): Draft => {
  const tables: string[] = [];
  const functions: string[] = [];
  const lines: string[] = [];
  const known = new Map<string, string>();
  const used = new Set<string>();
  let last = 0;
  const fresh = (stem: string): string => `${stem}${++last}`;
  const define: Draft['define'] = (stem, write) => {
    const name = `${prefix}_${fresh(stem)}`;
    functions.push(write(name));
    return name;
  };
  const table: Draft['table'] = (type, values) => {
    const content = `[${values.length}] = {\n${list(values)}\n};`;
    const key = `${type}${content}`;
    let name = known.get(key);
    if (name === undefined) {
      name = `${prefix}_${fresh('table')}`;
      known.set(key, name);
      tables.push(`static const ${type} ${name}${content}`);
    }
    return name;
  };
  const use = (name: HelperName): string => {
    const { needs = [], code } = helperText(name);
    for (const other of needs) use(other);
    if (!used.has(name)) {
      used.add(name);
      functions.push(code.trim().replaceAll('@', prefix).replaceAll('^', prefix.toUpperCase()));
    }
    return `${prefix}_${name}`;
  };
  const refusalOf: Draft['refusalOf'] = (expression, what) =>
    `return ${use('refuse')}(answer, ${expression}, ${literal(what)});`;
  const texts = (values: readonly string[]): string => table('char *const', values.map(literal));
  return {
    prefix,
    tables,
    functions,
    lines,
    fresh,
    define,
    table,
    use,
    texts,
    numbers: (dtype, values) =>
      table(
        typeOf(dtype),
        Array.from(values, (value) => numeral(dtype, value)),
      ),
    line: (...more) => {
      lines.push(...more);
    },
    refusal: (status, what) => refusalOf(`${prefix.toUpperCase()}_${status}`, what),
    refusalOf,
    number(expression) {
      const name = fresh('n');
      lines.push(`const double ${name} = ${expression};`);
      return name;
    },
    text(expressions) {
      const name = fresh('t');
      lines.push(`const char *const ${name}[${expressions.length}] = { ${expressions.join(', ')} };`);
      return { name, pieces: expressions.length };
    },
    find: ({ name, pieces }, sorted) =>
      `${use('find')}(${name}, ${pieces}, ${texts([...sorted].sort(byBytes))}, ${sorted.length})`,
  };
};

/** A text that stands in the package. */
export const literalText = literal;
