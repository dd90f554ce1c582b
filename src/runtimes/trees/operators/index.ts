/** Every operator that the own runtime knows. To add one: a row in its family's table, or a family and a row here. */
import type { Operators } from './operator.ts';
import { shapes } from './shapes.ts';
import { trees } from './trees.ts';

export const operators: Operators = { ...trees, ...shapes };
