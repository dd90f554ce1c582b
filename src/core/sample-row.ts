/** A row that fits a signature, for forms, documentation and a first run where a package brings no examples. */
import { type Field, type Fields, kindOf } from './kinds/index.ts';

const sampleOf = (field: Field): unknown => {
  const { example } = field;
  if (example === undefined) return kindOf(field).sample(field);
  return example instanceof Date ? example.toISOString() : example;
};

export const sampleRow = (fields: Fields): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, sampleOf(field)]));
