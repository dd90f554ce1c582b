/** What is other in a run than in the one before. */
import { meanOf } from '../../../monitor/profile/exact.ts';
import { timesOf } from '../../../monitor/profile/profile.ts';
import type { Summary } from '../types.ts';
import type { Change } from './report.ts';

const change = (what: string, before: number, now: number): Change => ({
  what,
  before,
  now,
  relative: before === 0 ? undefined : (now - before) / Math.abs(before),
});

export const changesBetween = (before: Summary, now: Summary): readonly Change[] => {
  const share = (summary: Summary): number => (summary.rows_in === 0 ? 0 : summary.rows_rejected / summary.rows_in);
  const changes: Change[] = [];
  const text = (what: string, a: string, b: string): void => {
    if (a !== b) changes.push({ what, before: a, now: b });
  };
  text('model', before.model, now.model);
  text('version', before.version, now.version);
  text('sink', before.sink, now.sink);
  changes.push(change('rows', before.rows_in, now.rows_in), change('share rejected', share(before), share(now)));
  for (const [name, profile] of Object.entries(now.outputs)) {
    const then = before.outputs[name];
    if (profile.kind === 'number' && then?.kind === 'number' && profile.count > 0 && then.count > 0) {
      changes.push(change(`mean of ${name}`, meanOf(then), meanOf(profile)));
    }
    if (profile.kind === 'category' && then?.kind === 'category' && profile.count > 0 && then.count > 0) {
      const labels = [...new Set([...Object.keys(then.counts), ...Object.keys(profile.counts)])].slice(0, 4);
      for (const label of labels) {
        const [a, b] = [timesOf(then.counts, label) / then.count, timesOf(profile.counts, label) / profile.count];
        changes.push(change(`share of ${name} = ${label}`, a, b));
      }
    }
  }
  changes.push(change('rows a second', before.rows_per_second, now.rows_per_second));
  return changes;
};
