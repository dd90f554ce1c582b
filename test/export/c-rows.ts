/** Rows that a model may answer wrongly in C, and how they reach a program in C and its answers come back: as bytes. */
import { kindOf, labelsOf } from '../../src/core/kinds/index.ts';
import type { Answer, Field, Fields, InputFields, Manifest, OutputFields, Row, Value } from '../../src/core/types.ts';
import { parseDatetime, zoneOf } from '../../src/core/zone.ts';
import { identifiers } from '../../src/export/c/text.ts';
import { random } from '../runtimes/trees/rows.ts';

const specials = [0, -0, 1e-35, -1e-35, 5e-324, 1e-30, 0.5, 1, 2, 3, 10, 100, 1e9, -1e9, 2 ** 53, 16_777_217, 1.5];

/** What a field holds in C. */
const shapeOf = (field: Field): 'text' | 'double' | 'int8' => {
  const kind = kindOf(field);
  if (kind.column === 'string') return 'text';
  return kind.column === 'number' && !kind.isNumber && !kind.isInstant ? 'int8' : 'double';
};

/** So many rows, always the same: values near thresholds, special, missing, out of range, of no known category. */
export const rowsOf = (
  inputs: InputFields,
  known: Readonly<Record<string, readonly unknown[]>>,
  thresholds: readonly number[],
  count: number,
): Row[] => {
  const next = random(7);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)];
  const number = (field: Field & { readonly min?: number; readonly max?: number }, isWhole: boolean): number => {
    const { min = -1000, max = 1000 } = field;
    const which = next();
    const found =
      which < 0.5 && thresholds.length > 0
        ? pick(thresholds)
        : which < 0.6
          ? pick(specials)
          : min + next() * (Math.min(max, min + 200) - min);
    const allowed = next() < 0.995 ? Math.min(max, Math.max(min, found)) : found;
    return isWhole && next() < 0.995 ? Math.round(allowed) : allowed;
  };
  const valueFor = (name: string, field: Field): Value => {
    if (next() < (field.nullable ? 0.1 : 0.001)) return null;
    const kind = kindOf(field);
    const own = known[name] ?? [];
    if (own.length > 0 && next() < 0.2) return pick(own) as Value;
    if (kind.column === 'string') {
      const labels = labelsOf(field);
      if (next() < (labels?.isOpen === false ? 0.001 : 0.02))
        return pick(['', 'never seen', 'Zürich → ☂', '?', '\\"??/']);
      return pick(labels?.all ?? (own.length > 0 ? (own as string[]) : ['a', 'b']));
    }
    if (shapeOf(field) === 'int8') return next() < 0.5;
    if (kind.column === 'number' && kind.isInstant)
      return new Date(Math.floor((next() < 0.9 ? 1.4e12 + next() * 5e11 : next() * 4e12) / 1000) * 1000).toISOString();
    return number(field, kind.column === 'number' && kind.isWhole === true);
  };
  return Array.from({ length: count }, () =>
    Object.fromEntries(Object.entries(inputs).map(([name, field]) => [name, valueFor(name, field)])),
  );
};

const instantOf = (field: Field, text: string): number =>
  parseDatetime(text, 'zone' in field ? zoneOf(field.zone) : undefined);

/** Values one behind the other, as the program in C reads and writes them. */
const encode = (fields: Fields, row: Readonly<Record<string, unknown>>): Buffer => {
  const parts = Object.entries(fields).map(([name, field]): Buffer => {
    const value = row[name] ?? null;
    const shape = shapeOf(field);
    if (shape === 'text') {
      const bytes = value === null ? undefined : Buffer.from(String(value));
      const length = Buffer.alloc(4);
      length.writeInt32LE(bytes?.length ?? -1);
      return Buffer.concat([length, ...(bytes ? [bytes] : [])]);
    }
    if (shape === 'int8') return Buffer.from(Int8Array.of(value === null ? -1 : Number(value)).buffer);
    const number = typeof value === 'string' ? instantOf(field, value) : value === null ? Number.NaN : Number(value);
    return Buffer.from(Float64Array.of(number).buffer);
  });
  return Buffer.concat(parts);
};

export const encodeRows = ({ inputs }: Manifest, rows: readonly Row[]): Buffer =>
  Buffer.concat(rows.map((row) => encode(inputs, row)));

/** What C has to write for an answer: its status, and its values where it is OK. */
export const encodeAnswer = ({ outputs }: Manifest, { output, error }: Answer): Buffer => {
  const status = Buffer.alloc(24);
  status.write(error?.code ?? 'OK');
  return output === undefined ? status : Buffer.concat([status, encode(outputs, output)]);
};

const reading = (fields: Fields): readonly string[] => {
  const members = identifiers(Object.keys(fields));
  return Object.entries(fields).map(([name, field]) => {
    const to = `row.${members.get(name)}`;
    return shapeOf(field) === 'text' ? `${to} = text(&at);` : `memcpy(&${to}, at, sizeof ${to}); at += sizeof ${to};`;
  });
};
const writing = (fields: OutputFields): readonly string[] => {
  const members = identifiers(Object.keys(fields));
  return Object.entries(fields).map(([name, field]) => {
    const from = `answer.${members.get(name)}`;
    if (shapeOf(field) === 'text') return `put_text(${from});`;
    if (shapeOf(field) === 'int8') return `fwrite(&${from}, 1, 1, stdout);`;
    return `${from} = ${from} == ${from} ? ${from} : NAN;\n    fwrite(&${from}, 1, sizeof ${from}, stdout);`;
  });
};

/** A program that answers the rows of a file, or tests itself; `statuses` are the names of what it may say. */
export const programOf = ({ inputs, outputs }: Manifest, prefix: string, statuses: readonly string[]): string => `
#include "model.h"
#include <stdio.h>
#include <stdlib.h>
static char *text(char **at) {
  int32_t length;
  char *copy;
  memcpy(&length, *at, 4);
  *at += 4;
  if (length < 0) return 0;
  copy = calloc((size_t)length + 1, 1);
  memcpy(copy, *at, (size_t)length);
  *at += length;
  return copy;
}
void put_text(const char *text);
void put_text(const char *text) {
  const int32_t length = text == 0 ? -1 : (int32_t)strlen(text);
  fwrite(&length, 1, 4, stdout);
  if (text != 0) fwrite(text, 1, (size_t)length, stdout);
}
static const char statuses[][24] = { ${statuses.map((status) => `"${status}"`).join(', ')} };
int main(int count, char **arguments) {
  FILE *file = count > 1 ? fopen(arguments[1], "rb") : 0;
  char *bytes = malloc(1 << 26);
  char *at = bytes;
  char *end;
  if (file == 0) return ${prefix}_self_test();
  end = bytes + fread(bytes, 1, 1 << 26, file);
  while (at < end) {
    static ${prefix}_row row;
    static ${prefix}_answer answer;
    ${prefix}_status status;
    (void)text;
    ${reading(inputs).join('\n    ')}
    status = ${prefix}_predict(&row, &answer);
    fwrite(statuses[status], 1, 24, stdout);
    if (status != ${prefix.toUpperCase()}_OK) continue;
    ${writing(outputs).join('\n    ')}
  }
  return 0;
}
`;
