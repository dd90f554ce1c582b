/** What a report says in words, for somebody who knows no statistics. */
import type { Alert } from '../alerts/alert.ts';
import type { Concern } from '../alerts/finding.ts';
import type { FieldJudgement } from '../drift/judgement.ts';
import type { ShownDeployment, WatchedJudgement } from '../watch/standing.ts';

/** In the order in which people want to know. */
export const sections: Readonly<Record<Concern, string>> = {
  predictions: 'predictions',
  drift: 'inputs',
  performance: 'right answers',
  quality: 'data quality',
  slo: 'service level',
  freshness: 'freshness',
  rollout: 'a new version',
};

const sizes: Readonly<Record<FieldJudgement['size'], string>> = {
  none: 'hardly any change',
  small: 'a small change',
  moderate: 'a clear change',
  large: 'a large change',
};

/** How much a field has changed, in words and beside the one figure that they rest on. */
export const changeWords = ({ size, effect }: FieldJudgement): string => `${sizes[size]} (${effect.toFixed(2)})`;

export const day = (iso: string): string => {
  const weekday = new Date(iso).toLocaleDateString('en', { weekday: 'short', timeZone: 'UTC' });
  return `${weekday} ${iso.slice(0, 10)}`;
};

/** As long as a day, or with the hour. */
export const windowWords = ({ window: { from, to } }: Pick<WatchedJudgement, 'window'>): string =>
  Date.parse(to) - Date.parse(from) >= 86_400_000 ? day(from) : `${day(from)} ${from.slice(11, 16)}`;

/** The one sentence on top: whether all is well. */
export const verdictWords = ({ deployment, last, firing }: ShownDeployment): string => {
  if (last === undefined) return `Nothing of ${deployment} has been judged yet.`;
  const fires = new Set(firing.map(({ concern }) => concern));
  const concerns = (Object.keys(sections) as Concern[]).filter((one) => fires.has(one)).map((one) => sections[one]);
  if (concerns.length > 0) return `${deployment} needs a look: ${concerns.join(' and ')}.`;
  const state = last.seen.judgement?.state;
  if (state === 'few rows') return `${deployment} has answered too few rows to be judged yet.`;
  if (state === undefined || state === 'not compared') {
    return `Of ${deployment} no alarm fires; its package has no training data to compare with.`;
  }
  return `All is well with ${deployment}: it answers as it did in training.`;
};

/** Since when it is so. */
export const sinceOf = ({ since, started_at }: Alert): string => since ?? started_at;
