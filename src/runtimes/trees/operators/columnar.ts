/** Operators that make a table of numbers of a row's columns, as trees take them. */
import { casts } from './casts.ts';
import { columns } from './columns.ts';
import { encoding } from './encoding.ts';
import type { Operators } from './operator.ts';
import { shapes } from './shapes.ts';

export const columnarOperators: Operators = { ...encoding, ...columns, ...shapes, ...casts };
