/**
 * Operators that trees stand among, at hand at once, and chunks of others, each loaded with the first graph that the tables
 * before it do not answer. To add an operator: a row in its family's table, or a family and a row here or in one of the chunks.
 */
import { arithmetics } from './arithmetic.ts';
import { casts } from './casts.ts';
import { columns } from './columns.ts';
import { encoding } from './encoding.ts';
import type { Operators } from './operator.ts';
import { shapes } from './shapes.ts';
import { trees } from './trees.ts';

export const operators: Operators = {
  ...trees,
  ...encoding,
  ...columns,
  ...shapes,
  ...casts,
  ...arithmetics,
};

/** Those of linear models and nets, and those that few models have. */
export const chunks: readonly (() => Promise<Operators>)[] = [
  async () => (await import('./weighted.ts')).weightedOperators,
  async () => (await import('./rare.ts')).rareOperators,
];
