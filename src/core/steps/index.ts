/** The table of steps. To add one: a file (or a function in a fitting one), a row here, and a line in docs/ADDING.md. */
import { concat } from './concat.ts';
import { difference, hour, month, weekday } from './datetime.ts';
import { cast, clip, impute, log1p, scale } from './numeric.ts';
import type { StepKind } from './step.ts';
import { join, lookup } from './text.ts';

export const stepKinds: Readonly<Record<string, StepKind>> = {
  join,
  lookup,
  hour,
  weekday,
  month,
  difference,
  log1p,
  clip,
  scale,
  impute,
  cast,
  concat,
};
