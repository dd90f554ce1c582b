/** How a watched deployment stands, for people. */
import type { Alert } from '../alerts/alert.ts';
import { sentenceOf } from '../drift/sentence.ts';
import type { RepeatedIds } from '../labels/labels.ts';
import type { WatchedDeployment, WatchedJudgement } from './standing.ts';

/** One word for how it stands. */
export const stateOf = ({ last, firing }: WatchedDeployment): string => {
  if (firing.length > 0) return 'alarm';
  if (last === undefined) return 'not judged yet';
  return last.seen.judgement?.state ?? 'not compared';
};

/** What the sentence on a judged window tells by itself. */
const isDrifting = ({ concern }: Alert): boolean => concern === 'predictions' || concern === 'drift';

/** When the oldest of some problems began. */
const sinceOf = (alerts: readonly Alert[]): Date | undefined => {
  const starts = alerts.map(({ since, started_at }) => since ?? started_at);
  return starts.length === 0 ? undefined : new Date(starts.toSorted()[0]);
};

/** One sentence on the last window. */
export const sentenceOn = ({ last, firing }: WatchedDeployment, now: Date): string => {
  if (last === undefined) return 'no window with rows is over yet';
  const { judgement } = last.seen;
  const isDrift = judgement?.state === 'drift';
  const drifting = firing.filter(isDrifting);
  const others = firing.filter((alert) => !isDrifting(alert)).map(({ sentence }) => sentence);
  const slow = isDrift ? [] : drifting.map(({ sentence }) => sentence);
  const own =
    judgement === undefined
      ? ['nothing to compare with: the package has no reference']
      : isDrift || others.length + slow.length === 0
        ? [sentenceOf(judgement, { since: sinceOf(drifting), now })]
        : [];
  return [...own, ...slow, ...others].join('; ');
};

/** A day by its date, a shorter window by when it began. */
export const windowName = ({ window: { from, to } }: Pick<WatchedJudgement, 'window'>): string =>
  Date.parse(to) - Date.parse(from) >= 86_400_000 ? from.slice(0, 10) : from.slice(0, 16).replace('T', ' ');

/** What is to be said of ids that came twice; undefined where nothing is known to be an id. */
export const repeatedWords = (ids: RepeatedIds | undefined): string | undefined =>
  ids &&
  `${ids.of.join(', ')}: ${ids.repeated} of ${ids.rows} recorded rows (${Number(((100 * ids.repeated) / ids.rows).toPrecision(2))} %) came before`;
