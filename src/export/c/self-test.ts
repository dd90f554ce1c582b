/** A main that asks the golden examples, and holds every answer against Millrace's own to the last bit. */
import { kindOf, labelsOf } from '../../core/kinds/index.ts';
import { compileSignature } from '../../core/signature.ts';
import type { Answer, Example, Field, Fields, Manifest, Value } from '../../core/types.ts';
import { literalText } from './draft.ts';
import { double, float, identifiers } from './text.ts';

/** A member of a struct as C writes its value; `undefined` for an array, whose elements are written one by one. */
const scalar = (field: Field, value: unknown): string => {
  const kind = kindOf(field);
  if (kind.column === 'string') return value === null ? '0' : literalText(String(value));
  if (kind.column === 'number' && !kind.isNumber && !kind.isInstant)
    return Number.isNaN(value) ? '-1' : `${Number(value)}`;
  return double(value === null ? Number.NaN : Number(value));
};

const elements = (field: Field, data: ArrayLike<unknown>): readonly string[] => {
  const kind = kindOf(field);
  const isFloat = kind.column === 'tensor' && kind.tensor(field).dtype === 'float32';
  return Array.from(data, (value) =>
    typeof value === 'number' ? (isFloat ? float(value) : double(value)) : String(value),
  );
};

/** Rows as the signature reads them, so that dates are instants and absent fields are missing. */
const rowLines = (
  inputs: Fields,
  examples: readonly Example[],
  members: ReadonlyMap<string, string>,
  coerce: boolean,
) => {
  const batch = compileSignature(inputs, { coerce }).fromRows(examples.map(({ input }) => input));
  return examples.map((_, row) =>
    Object.entries(inputs).flatMap(([name, field]): readonly string[] => {
      const column = batch.columns.get(name);
      const member = `row.${members.get(name)}`;
      if (column === undefined || column.type === 'any') return [];
      if (column.type !== 'tensor') return [`${member} = ${scalar(field, column.values[row])};`];
      const data = Array.from(column.data as ArrayLike<unknown>).slice(row * column.size, (row + 1) * column.size);
      return elements(field, data).map((value, at) => `${member}[${at}] = ${value};`);
    }),
  );
};

const flat = (value: Value): readonly Value[] =>
  Array.isArray(value) ? (value as readonly Value[]).flatMap(flat) : [value];

/** What an answer must be, as conditions under which it is not. */
const differences = (field: Field, member: string, value: Value): readonly string[] => {
  const kind = kindOf(field);
  if (kind.column === 'string' || labelsOf(field))
    return value === null
      ? [`${member} != 0`]
      : [`${member} == 0 || strcmp(${member}, ${literalText(String(value))}) != 0`];
  if (kind.column === 'tensor') return elements(field, flat(value)).map((one, at) => `${member}[${at}] != ${one}`);
  const number = kind.isInstant && typeof value === 'string' ? Date.parse(value) : Number(value);
  if (!kind.isNumber && !kind.isInstant) return [`${member} != ${value === null ? '-1' : number}`];
  return value === null ? [`${member} == ${member}`] : [`${member} != ${double(number)}`];
};

/** @param answers what Millrace answers to the examples, in their order; examples that it refuses are left out */
export const selfTest = (
  prefix: string,
  { inputs, outputs, coerce = false }: Manifest,
  examples: readonly Example[],
  answers: readonly Answer[],
): string => {
  const rows = rowLines(inputs, examples, identifiers(Object.keys(inputs)), coerce);
  const members = identifiers(Object.keys(outputs));
  const checks = answers.flatMap(({ output }, index) => {
    if (output === undefined) return [];
    const off = Object.entries(outputs).flatMap(([name, field]) =>
      differences(field, `answer.${members.get(name)}`, output[name]).map(
        (condition) => `    if (!off && (${condition})) off = ${literalText(name)};`,
      ),
    );
    return [
      '  {',
      '    const char *off = 0;',
      ...rows[index].map((line) => `    ${line}`),
      `    if (${prefix}_predict(&row, &answer) != ${prefix.toUpperCase()}_OK) off = answer.refused;`,
      ...off,
      `    if (off) failed++;`,
      `    if (off) printf("example ${index}: %s is off\\n", off);`,
      '  }',
    ];
  });
  const count = answers.filter(({ output }) => output !== undefined).length;
  return `#ifdef MILLRACE_SELF_TEST
#include <stdio.h>

/* Asks the golden examples; every answer must be Millrace's own to the last bit. On a board without main, call it. */
static int ${prefix}_self_test(void) {
  ${prefix}_row row;
  ${prefix}_answer answer;
  int failed = 0;
  memset(&row, 0, sizeof row);
  memset(&answer, 0, sizeof answer);
${checks.join('\n')}
  printf("%d of ${count} examples hold\\n", ${count} - failed);
  return failed;
}
#ifndef MILLRACE_NO_MAIN
int main(void) { return ${prefix}_self_test() == 0 ? 0 : 1; }
#endif
#endif`;
};
