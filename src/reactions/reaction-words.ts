/** What came of reactions, in a line. */
import type { ShownReaction } from '../monitor/watch/standing.ts';
import type { CarriedOut } from './carry-out.ts';

/** `rides: rollback of production: rides@production is back at 1.0.0 (was 1.1.0)` */
export const carriedLine = ({ deployment, what, outcome: { is, sentence }, again }: CarriedOut): string => {
  const how = is === 'done' ? '' : again === undefined ? ` ${is}` : ' failed, tried again';
  return `${deployment}: ${what}${how}: ${sentence}`;
};

/** `rollback of production: done: rides@production is back at 1.0.0 (was 1.1.0)` */
export const reactionLine = ({ what, outcome, problem, tries }: ShownReaction): string => {
  const came = outcome?.sentence ?? problem?.message ?? 'not carried out yet';
  return `${what}: ${outcome?.is ?? `${tries} tries`}: ${came}`;
};
