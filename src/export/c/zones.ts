/** Time zones as tables: what a clock is ahead of UTC, as long as the years of a table go. */
import { zoneOf } from '../../core/zone.ts';
import type { Draft } from './draft.ts';

const DAY = 86_400_000;
/** What is told of a zone in C: from 1970 up to 2100. Rules of zones change, so that no table is right for ever. */
const FIRST = 0;
const LAST = Date.UTC(2100, 0);

interface Change {
  /** Seconds since the epoch. */
  readonly from: number;
  /** Seconds ahead of UTC. */
  readonly ahead: number;
}

/** Every change of the clocks: days are looked at one by one, and days with a change closely. */
const changesOf = (zone: ReturnType<typeof zoneOf>): readonly Change[] => {
  const changes: Change[] = [{ from: FIRST / 1000, ahead: zone.offset(FIRST) / 1000 }];
  let before = zone.offset(FIRST);
  for (let day = FIRST; day < LAST; day += DAY) {
    const after = zone.offset(day + DAY);
    if (after === before) continue;
    let [low, high] = [day / 1000, (day + DAY) / 1000];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (zone.offset(middle * 1000) === before) low = middle;
      else high = middle;
    }
    changes.push({ from: high, ahead: after / 1000 });
    before = after;
  }
  return changes;
};

/**
 * Lines that make the local time of an instant, in ms as if it were UTC; an instant outside the table refuses the row.
 * NAN stays.
 */
export const localTime = (draft: Draft, instant: string, name: string | undefined, step: string): string => {
  if (name === undefined || name === 'UTC') return instant;
  const changes = changesOf(zoneOf(name));
  const from = draft.table(
    'uint32_t',
    changes.map((change) => `${change.from}`),
  );
  const ahead = draft.table(
    'int32_t',
    changes.map((change) => `${change.ahead}`),
  );
  const local = draft.fresh('local');
  draft.line(
    `double ${local} = ${instant};`,
    `if (${local} < ${FIRST}.0 || ${local} >= ${LAST}.0) ${draft.refusal('OUT_OF_TIME_TABLE', step)}`,
    `if (${local} == ${local}) {`,
    `  int32_t low = 0;`,
    `  for (int32_t high = ${changes.length}; high - low > 1;) {`,
    `    const int32_t middle = low + (high - low) / 2;`,
    `    if (1000.0 * ${from}[middle] <= ${local}) low = middle;`,
    `    else high = middle;`,
    `  }`,
    `  ${local} += 1000.0 * ${ahead}[low];`,
    `}`,
  );
  return local;
};
