/** Operators that few models have: a chunk of its own for browsers, loaded with the first graph that asks for one of them. */
import { axes } from './axes.ts';
import { functions } from './functions.ts';
import type { Operators } from './operator.ts';
import { reductions } from './reducing.ts';

export const rareOperators: Operators = { ...axes, ...functions, ...reductions };
