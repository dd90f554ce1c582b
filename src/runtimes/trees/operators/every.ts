/** All operators of the own runtime. */
import { operators } from './index.ts';
import type { Operators } from './operator.ts';
import { rareOperators } from './rare.ts';
import { weightedOperators } from './weighted.ts';

export const everyOperator: Operators = { ...operators, ...weightedOperators, ...rareOperators };
