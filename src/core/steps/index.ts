/**
 * The table of steps. To add one: a file (or a function in a fitting one), and a row here and in `index.web.ts`, which stands in
 * for this file in a browser and loads a step with the first package that has it (docs/ADDING.md).
 */
import { concat } from './concat.ts';
import { difference, hour, month, weekday } from './datetime.ts';
import { image } from './image.ts';
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
  image,
};

/** All that there are, loaded or not. */
export const stepNames: readonly string[] = Object.keys(stepKinds);

/** Loads steps by name, those that there are, before one of them is asked for; here all are at hand. @throws NOT_LOADED */
export const loadSteps = async (_names: readonly string[]): Promise<void> => {};
