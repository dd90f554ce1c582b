/** Operators that make a table of numbers of a row's columns, as trees take them. */
import { casts } from './casts.ts';
import { concatenation } from './concatenation.ts';
import { oneHot } from './one-hot.ts';
import type { Operators } from './operator.ts';
import { shapes } from './shapes.ts';

export const columnarOperators: Operators = { ...oneHot, ...concatenation, ...shapes, ...casts };
