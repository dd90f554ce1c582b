/** Operators of linear models and small nets, and what stands before and behind them. */
import { activations } from './activations.ts';
import { linear } from './linear.ts';
import type { Operators } from './operator.ts';
import { ranking } from './ranking.ts';
import { scaling } from './scaling.ts';

export const weightedOperators: Operators = { ...linear, ...scaling, ...activations, ...ranking };
