/** What a rehearsal says, for people. */
import type { Alert } from '../alerts/alert.ts';
import type { WatchRehearsal } from './rehearse.ts';

const many = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

export const rehearsedWords = ({
  deployment,
  from,
  to,
  windows,
  labelled_windows: labelled,
  budget,
}: WatchRehearsal): string => {
  const byLabels = labelled === 0 ? '' : `, ${labelled} of them by their labels`;
  return `${deployment}: ${many(windows, 'window')} from ${from.slice(0, 10)} to ${to.slice(0, 10)}${byLabels}, judged as ${many(budget, 'false alarm')} a year`;
};

export const raisedWords = ({ alerts, days, alarms_a_year }: WatchRehearsal): string =>
  `${many(alerts.length, 'alarm')} in ${many(Math.round(days), 'day')}: about ${Number(alarms_a_year.toPrecision(2))} a year, if all were like these`;

/** What would keep alarms away that are no news; undefined where nothing would. */
export const proposalWords = ({ proposal, deployment }: WatchRehearsal): string | undefined => {
  if (proposal === undefined) return undefined;
  if (proposal === 'new normal')
    return `windows have changed once, and resemble each other since: if that is right, millrace monitor accept ${deployment} --why '…'`;
  return `windows that alarm resemble those of the ${proposal} before: in millrace.yaml, monitor: { compare_with: ${proposal} }`;
};

export const raisedRow = ({ window, started_at, resolved_at, concern, severity, sentence }: Alert) => ({
  began: started_at.slice(0, 16).replace('T', ' '),
  resolved: resolved_at?.slice(0, 16).replace('T', ' ') ?? `fires still on ${window.to.slice(0, 10)}`,
  concern,
  severity,
  what: sentence,
});
