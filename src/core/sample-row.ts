/** A row that fits a signature, for forms, documentation and a first run where a package brings no examples. */
import type { Field, Fields } from './types.ts';

const zeros = (shape: readonly number[], element: unknown): unknown => {
  const [length, ...inner] = shape;
  return length === undefined ? element : Array.from({ length }, () => zeros(inner, element));
};

const clamp = (value: number, { min = -Infinity, max = Infinity }: { min?: number; max?: number }): number =>
  Math.min(max, Math.max(min, value));

const sampleOf = (field: Field): unknown => {
  if (field.example !== undefined) return field.example instanceof Date ? field.example.toISOString() : field.example;
  switch (field.kind) {
    case 'number':
    case 'integer':
      return field.kind === 'integer' ? Math.ceil(clamp(1, field)) : clamp(1, field);
    case 'boolean':
      return true;
    case 'category':
      return field.labels?.[0] ?? 'a';
    case 'text':
      return 'text';
    case 'datetime':
      return '2026-01-31T12:00:00Z';
    case 'tensor':
      return zeros(field.shape, field.dtype === 'string' ? '' : field.dtype === 'bool' ? false : 0);
  }
};

export const sampleRow = (fields: Fields): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, sampleOf(field)]));
