/** The signature as two structs, and the checks of a row (core/kinds). */

import { kindOf, labelsOf } from '../../core/kinds/index.ts';
import { MAX_TEXT } from '../../core/kinds/texts.ts';
import { fixedShape, sizeOf } from '../../core/row-tensors.ts';
import type { Field, InputFields, OutputFields } from '../../core/types.ts';
import { LAST_INSTANT } from '../../core/zone.ts';
import type { CColumn } from './columns.ts';
import { type Draft, typeOf } from './draft.ts';
import { notExportable } from './refuse.ts';
import { comment, double, identifiers } from './text.ts';

const refuseField = (name: string, what: string) => notExportable(`${name} is ${what}`, { field: name });

/** How values of a field are written in C, and what they are. */
const declare = (member: string, name: string, field: Field): readonly [declaration: string, note: string] => {
  const kind = kindOf(field);
  if (kind.column === 'string') return [`const char *${member};`, `UTF-8${field.nullable ? '; NULL is missing' : ''}`];
  if (kind.column === 'tensor') {
    const { dtype, shape } = kind.tensor(field);
    if (dtype === 'string') throw refuseField(name, 'a tensor of texts');
    const fixed = fixedShape(shape);
    if (fixed === undefined) throw refuseField(name, 'a tensor of any length');
    return [`${typeOf(dtype)} ${member}[${sizeOf(fixed)}];`, `shape [${fixed.join(', ')}]`];
  }
  if (kind.isInstant)
    return [`double ${member};`, `milliseconds since 1970-01-01T00:00:00Z${field.nullable ? '; NAN is missing' : ''}`];
  if (kind.isNumber) return [`double ${member};`, field.nullable ? 'NAN is missing' : ''];
  return [`int8_t ${member};`, `0 or 1${field.nullable ? '; -1 is missing' : ''}`];
};

const struct = (name: string, fields: Readonly<Record<string, Field>>, extra: readonly string[]): string => {
  const members = identifiers(Object.keys(fields));
  const lines = Object.entries(fields).map(([field, spec]) => {
    const [declaration, note] = declare(members.get(field) ?? field, field, spec);
    const words = [kindOf(spec).describe(spec), note, spec.description ?? ''].filter(Boolean).join('. ');
    return `  ${declaration} /* ${comment(words)} */`;
  });
  return [`typedef struct {`, ...lines, ...extra, `} ${name};`].join('\n');
};

export const rowStruct = (prefix: string, fields: InputFields): string => struct(`${prefix}_row`, fields, []);

export const answerStruct = (prefix: string, fields: OutputFields): string =>
  struct(`${prefix}_answer`, fields, [
    '  const char *refused; /* the field, step or model that refused the row; NULL where it was answered */',
  ]);

/** The labels of categories, for who makes rows of numbers or menus. */
export const labelTables = (prefix: string, fields: InputFields, literals: (labels: readonly string[]) => string) => {
  const members = identifiers(Object.keys(fields));
  return Object.entries(fields).flatMap(([name, field]) => {
    const labels = labelsOf(field)?.all;
    if (labels === undefined) return [];
    const table = `${prefix}_${members.get(name)}_labels`;
    return `static const char *const ${table}[${labels.length}] ${prefix.toUpperCase()}_MAY_BE_UNUSED = {\n${literals(labels)}\n};`;
  });
};

const textField = (draft: Draft, value: string, name: string, field: Field): CColumn => {
  const labels = labelsOf(field);
  const { maxLength = MAX_TEXT, nullable } = field as Field & { readonly maxLength?: number };
  const text = draft.text([value]);
  if (labels?.isOpen === false) {
    const place = draft.find(text, labels.all);
    draft.line(
      ...(nullable ? [] : [`if (${value} == 0) ${draft.refusal('NULL_VALUE', name)}`]),
      `if (${value} != 0 && ${place} < 0) ${draft.refusal('UNKNOWN_CATEGORY', name)}`,
    );
  } else {
    draft.line(
      `status = ${draft.use('text')}(${value}, ${nullable ? 1 : 0}, ${maxLength});`,
      `if (status != ${draft.prefix.toUpperCase()}_OK) ${draft.refusalOf('status', name)}`,
    );
  }
  return { type: 'string', text };
};

const tensorField = (draft: Draft, value: string, name: string, field: Field): CColumn => {
  const kind = kindOf(field);
  if (kind.column !== 'tensor') throw refuseField(name, 'no tensor');
  const { dtype, shape } = kind.tensor(field);
  const fixed = fixedShape(shape);
  if (fixed === undefined) throw refuseField(name, 'a tensor of any length');
  const size = sizeOf(fixed);
  const refusal = (status: string): string => draft.refusal(status, name);
  if (dtype === 'float32' || dtype === 'float64')
    draft.line(
      `for (int32_t at = 0; at < ${size}; at++) {`,
      ...(field.nullable ? [] : [`  if (${value}[at] != ${value}[at]) ${refusal('NULL_VALUE')}`]),
      `  if (${value}[at] == ${value}[at] && ${value}[at] - ${value}[at] != 0) ${refusal('NOT_FINITE')}`,
      '}',
    );
  if (dtype === 'bool')
    draft.line(`for (int32_t at = 0; at < ${size}; at++)`, `  if (${value}[at] > 1) ${refusal('WRONG_TYPE')}`);
  return { type: 'tensor', dtype, size, name: value };
};

const numberField = (draft: Draft, value: string, name: string, field: Field): CColumn => {
  const kind = kindOf(field);
  const nullable = field.nullable ? 1 : 0;
  if (kind.column !== 'number') throw refuseField(name, 'no number');
  if (kind.isNumber) {
    const { min = -Infinity, max = Infinity } = field as { readonly min?: number; readonly max?: number };
    draft.line(
      `status = ${draft.use('number')}(${value}, ${nullable}, ${double(min)}, ${double(max)}, ${kind.isWhole ? 1 : 0});`,
      `if (status != ${draft.prefix.toUpperCase()}_OK) ${draft.refusalOf('status', name)}`,
    );
    return { type: 'number', name: draft.number(value) };
  }
  if (kind.isInstant) {
    if (!nullable) draft.line(`if (${value} != ${value}) ${draft.refusal('NULL_VALUE', name)}`);
    draft.line(`if (fabs(${value}) > ${double(LAST_INSTANT)}) ${draft.refusal('BAD_DATETIME', name)}`);
    return { type: 'number', name: draft.number(value) };
  }
  if (!nullable) draft.line(`if (${value} == -1) ${draft.refusal('NULL_VALUE', name)}`);
  draft.line(`if (${value} < -1 || ${value} > 1) ${draft.refusal('WRONG_TYPE', name)}`);
  return { type: 'number', name: draft.number(`${value} < 0 ? NAN : (double)${value}`) };
};

/** Writes the checks of every field, in their order. The first that does not hold refuses the row, as everywhere. */
export const writeChecks = (draft: Draft, fields: InputFields): Map<string, CColumn> => {
  const members = identifiers(Object.keys(fields));
  return new Map(
    Object.entries(fields).map(([name, field]) => {
      const { column } = kindOf(field);
      const write = column === 'string' ? textField : column === 'tensor' ? tensorField : numberField;
      return [name, write(draft, `row->${members.get(name)}`, name, field)];
    }),
  );
};
