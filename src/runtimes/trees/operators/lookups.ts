/** Operators that look values up, or take some of a row's. */
import { columns } from './columns.ts';
import { encoding } from './encoding.ts';
import type { Operators } from './operator.ts';

export const lookups: Operators = { ...encoding, ...columns };
