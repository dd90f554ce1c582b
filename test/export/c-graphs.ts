/** Graphs as functions of one program in C, and how rows reach it and answers come back: as bytes, texts with their length. */
import type { Tensor, TensorSpec } from '../../src/core/types.ts';
import { createDraft, types } from '../../src/export/c/draft.ts';
import { writeGraph } from '../../src/export/c/graph.ts';
import { statuses } from '../../src/export/c/statuses.ts';
import type { CValue } from '../../src/export/c/values.ts';

type Tensors = Readonly<Record<string, Tensor>>;
const sizeOf = ({ dims }: { readonly dims: readonly (number | null)[] }): number =>
  dims.slice(1).reduce<number>((size, dim) => size * (dim ?? 1), 1);

/** Reads a row's input into variables of its own. */
const readInput = (spec: TensorSpec, index: number): { readonly lines: readonly string[]; readonly value: CValue } => {
  const { dtype } = spec;
  const size = sizeOf(spec);
  const own = `x${index}`;
  const known = { dtype, dims: spec.dims.slice(1) };
  if (dtype !== 'string')
    return {
      lines: [
        `${types[dtype]} ${own}[${size}];`,
        `memcpy(${own}, *at, sizeof ${own}); *at += sizeof ${own}; (void)${own};`,
      ],
      value: { known, size, name: own },
    };
  const texts = Array.from({ length: size }, (_, at) => ({ name: `${own}_${at}`, pieces: 1 }));
  return {
    lines: texts.map((text) => `const char *const ${text.name}[1] = { text(at) }; (void)${text.name};`),
    value: { known, size, name: '', texts },
  };
};

/** Puts a row's output behind what is there; `tables` makes an array of a constant. */
const writeOutput = (value: CValue, tables: (value: CValue) => string): string => {
  const { texts, name, size, known } = value;
  if (texts !== undefined) return texts.map((text) => `put_text(to, ${text.name}[0]);`).join(' ');
  const bytes = `${size} * sizeof(${types[known.dtype]})`;
  return `memcpy(*to, ${known.constant ? tables(value) : name}, ${bytes}); *to += ${bytes};`;
};

/** The function of a graph, `<prefix>_run`. @throws NOT_EXPORTABLE */
export const functionOf = (
  prefix: string,
  graph: Uint8Array,
  inputs: readonly TensorSpec[],
  outputs: readonly TensorSpec[],
): string => {
  const draft = createDraft(prefix);
  const read = inputs.map(readInput);
  const values = writeGraph(draft, graph, new Map(inputs.map(({ name }, index) => [name, read[index].value])));
  const written = outputs.map(({ name }) => {
    const value = values.get(name);
    if (value === undefined) throw new Error(`nothing makes ${name}`);
    return writeOutput(value, ({ known }) =>
      draft.numbers(known.dtype, (known.constant?.data ?? []) as Iterable<number>),
    );
  });
  const upper = prefix.toUpperCase();
  return `
typedef enum { ${statuses.map((status) => `${upper}_${status}`).join(', ')} } ${prefix}_status;
typedef struct { const char *refused; } ${prefix}_answer;
${[...draft.tables, ...draft.functions].join('\n')}
static ${prefix}_status ${prefix}_predict(char **at, char **to, ${prefix}_answer *answer) {
  ${[...read.flatMap(({ lines }) => lines), ...draft.lines, ...written].join('\n  ')}
  answer->refused = 0;
  return ${upper}_OK;
}
static int ${prefix}_run(char **at, char **to) {
  ${prefix}_answer answer;
  return (int)${prefix}_predict(at, to, &answer);
}`;
};

/** A program that answers the rows of a file by one of its functions: a byte for each that is answered, and its values. */
export const programOfGraphs = (prefixes: readonly string[], functions: readonly string[], guards: string): string => `
${guards}
#include <stdio.h>
#include <stdlib.h>
static inline const char *text(char **at) {
  int32_t length;
  char *copy;
  memcpy(&length, *at, 4);
  *at += 4;
  copy = calloc((size_t)length + 1, 1);
  memcpy(copy, *at, (size_t)length);
  *at += length;
  return copy;
}
static inline void put_text(char **to, const char *text) {
  const int32_t length = (int32_t)strlen(text);
  memcpy(*to, &length, 4);
  memcpy(*to + 4, text, (size_t)length);
  *to += 4 + length;
}
${functions.join('\n')}
static int (*const runs[])(char **, char **) = { ${prefixes.map((prefix) => `${prefix}_run`).join(', ')} };
int main(int count, char **arguments) {
  FILE *file = fopen(arguments[2], "rb");
  char *at = malloc(1 << 24);
  char *end = at + fread(at, 1, 1 << 24, file);
  char *row = malloc(1 << 20);
  char *start = at;
  (void)count;
  while (at < end) {
    int32_t length;
    char *to = row + 1;
    memcpy(&length, at, 4);
    start = at + 4;
    at += 4;
    row[0] = runs[atoi(arguments[1])](&at, &to) == 0;
    fwrite(row, 1, row[0] ? (size_t)(to - row) : 1, stdout);
    at = start + length;
  }
  return 0;
}
`;

const textBytes = (value: string): Buffer => {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeInt32LE(bytes.length);
  return Buffer.concat([length, bytes]);
};

/** A row of each tensor, one behind the other. */
const encodeRow = (specs: readonly TensorSpec[], tensors: Tensors, row: number): Buffer =>
  Buffer.concat(
    specs.map(({ name }) => {
      const { data, dims } = tensors[name];
      const size = data.length / dims[0];
      const part = data.slice(row * size, (row + 1) * size);
      if (Array.isArray(part)) return Buffer.concat(part.map(textBytes));
      const numbers = part as Float64Array;
      return Buffer.from(numbers.buffer);
    }),
  );

export const encodeFeeds = (specs: readonly TensorSpec[], feeds: Tensors, rows: number): Buffer =>
  Buffer.concat(
    Array.from({ length: rows }, (_, row) => {
      const bytes = encodeRow(specs, feeds, row);
      const length = Buffer.alloc(4);
      length.writeInt32LE(bytes.length);
      return Buffer.concat([length, bytes]);
    }),
  );

/** What C has to write for a row: that it is refused, or its values. */
export const encodeOutputs = (specs: readonly TensorSpec[], answer: Tensors | undefined): Buffer =>
  answer === undefined ? Buffer.of(0) : Buffer.concat([Buffer.of(1), encodeRow(specs, answer, 0)]);

/** The same bytes, or numbers that are NaN in both. */
export const isSame = (
  specs: readonly TensorSpec[],
  answer: Tensors | undefined,
  wanted: Buffer,
  got: Buffer,
): boolean => {
  if (wanted.equals(got) || answer === undefined || got[0] !== 1) return wanted.equals(got);
  let at = 1;
  for (const { name, dtype } of specs) {
    const { data } = answer[name];
    for (let index = 0; index < data.length; index++) {
      const size =
        dtype === 'string' ? textBytes(String(data[index])).length : (data as Float64Array).BYTES_PER_ELEMENT;
      const mine = got.subarray(at, at + size);
      const read = dtype === 'float32' ? mine.readFloatLE(0) : dtype === 'float64' ? mine.readDoubleLE(0) : 0;
      if (!mine.equals(wanted.subarray(at, at + size)) && !(Number.isNaN(read) && Number.isNaN(data[index])))
        return false;
      at += size;
    }
  }
  return true;
};
