/**
 * Operators that most models have, and that are at hand at once. To add one: a row in its family's table, or a family and a row
 * here, or in `rare.ts` where few models have it.
 */
import { activations } from './activations.ts';
import { arithmetics } from './arithmetic.ts';
import { casts } from './casts.ts';
import { columns } from './columns.ts';
import { encoding } from './encoding.ts';
import { linear } from './linear.ts';
import type { Operators } from './operator.ts';
import { ranking } from './ranking.ts';
import { scaling } from './scaling.ts';
import { shapes } from './shapes.ts';
import { trees } from './trees.ts';

export const operators: Operators = {
  ...trees,
  ...linear,
  ...scaling,
  ...encoding,
  ...columns,
  ...shapes,
  ...casts,
  ...arithmetics,
  ...activations,
  ...ranking,
};
