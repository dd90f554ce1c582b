/** Whether values of one field are all taken where another is meant: what a change of a signature breaks. */
import { type Field, kindOf, tensorOf } from '../core/kinds/index.ts';
import type { Schema } from '../core/kinds/kind.ts';

/** Longest text where a field says nothing else (docs/VALIDATION.md). */
const MAX_TEXT = 65_536;
const MOST_NAMED = 8;

const typesOf = ({ type }: Schema): readonly unknown[] => (Array.isArray(type) ? type : [type]);

/** Without null, which is looked at by itself. */
const typeOf = (schema: Schema): unknown => typesOf(schema).find((type) => type !== 'null');

/** The texts that are taken, null where any are. */
const labelsOf = ({ enum: labels }: Schema): readonly unknown[] | undefined =>
  Array.isArray(labels) ? labels.filter((label) => label !== null) : undefined;

const named = (labels: readonly unknown[]): string => {
  const more = labels.length - MOST_NAMED;
  return `${labels.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
};

const labelsLost = (given: Schema, taken: Schema): string | undefined => {
  const [own, open] = [labelsOf(given), labelsOf(taken)];
  if (open === undefined) return undefined;
  if (own === undefined) return `any text against ${open.length} labels: ${named(open)}`;
  const lost = own.filter((label) => !open.includes(label));
  return lost.length === 0 ? undefined : `labels that are not known there: ${named(lost)}`;
};

const rangeLost = (given: Schema, taken: Schema): string | undefined => {
  const [least, bound] = [Number(given.minimum ?? -Infinity), Number(taken.minimum ?? -Infinity)];
  if (least < bound) return `${least === -Infinity ? 'no least value' : `from ${least}`} against at least ${bound}`;
  const [most, limit] = [Number(given.maximum ?? Infinity), Number(taken.maximum ?? Infinity)];
  if (most > limit) return `${most === Infinity ? 'no greatest value' : `to ${most}`} against at most ${limit}`;
  const [length, longest] = [Number(given.maxLength ?? MAX_TEXT), Number(taken.maxLength ?? MAX_TEXT)];
  return length > longest ? `up to ${length} characters against ${longest}` : undefined;
};

const shapeLost = (given: Schema, taken: Schema): string | undefined => {
  const dims = ({ minItems, maxItems }: Schema): string =>
    minItems === maxItems ? `${minItems}` : `${minItems} to ${maxItems ?? 'any number of'}`;
  const isWithin =
    Number(given.minItems ?? 0) >= Number(taken.minItems ?? 0) &&
    Number(given.maxItems ?? Infinity) <= Number(taken.maxItems ?? Infinity);
  if (!isWithin) return `${dims(given)} elements against ${dims(taken)}`;
  return given.items === undefined || taken.items === undefined
    ? undefined
    : schemaLost(given.items as Schema, taken.items as Schema);
};

const schemaLost = (given: Schema, taken: Schema): string | undefined => {
  const [own, wanted] = [typeOf(given), typeOf(taken)];
  if (own !== wanted && !(own === 'integer' && wanted === 'number')) return `${own} against ${wanted}`;
  if (taken.format !== undefined && given.format === undefined)
    return 'times without an offset, which are refused there';
  return labelsLost(given, taken) ?? rangeLost(given, taken) ?? (own === 'array' ? shapeLost(given, taken) : undefined);
};

const isLike = (given: Field, taken: Field): boolean => {
  const [own, wanted] = [kindOf(given), kindOf(taken)];
  if (own === wanted) return true;
  if (own.column === 'number' && wanted.column === 'number') return own.isNumber === true && wanted.isNumber === true;
  return own.column === 'string' && wanted.column === 'string';
};

/** What numbers and times mean, which no schema says. */
const meaningOf = (field: Field): string =>
  [('unit' in field && field.unit) || '', ('zone' in field && field.zone) || ''].filter(Boolean).join(' ');

/** Why a value that `given` allows may be one that `taken` refuses, or means otherwise; undefined where none is. */
export const lossOf = (given: Field, taken: Field): string | undefined => {
  if (!isLike(given, taken)) return 'another kind';
  if (given.nullable && !taken.nullable) return 'it may be missing, and must be there';
  const [own, wanted] = [tensorOf(given)?.dtype, tensorOf(taken)?.dtype];
  if (own !== wanted) return `${own} against ${wanted}`;
  const lost = schemaLost(kindOf(given).schema(given), kindOf(taken).schema(taken));
  if (lost !== undefined) return lost;
  const [meant, means] = [meaningOf(given), meaningOf(taken)];
  if (meant === means) return undefined;
  return `${meant || 'no unit'} against ${means || 'no unit'}`;
};
