/** Operators that few models have. */
import { axes } from './axes.ts';
import { functions } from './functions.ts';
import type { Operators } from './operator.ts';
import { reductions } from './reducing.ts';
import { scanning } from './scanning.ts';

export const rareOperators: Operators = { ...axes, ...functions, ...reductions, ...scanning };
