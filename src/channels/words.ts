/** What people read of a message, whatever brings it. */
import type { AlertMessage, ToldAlert } from '../monitor/alerts/alert.ts';

const marks = { fired: 'FIRING', repeated: 'STILL FIRING', resolved: 'RESOLVED' } as const;

/** `distance is 0.3 sd higher than in training`, with what became of it before. */
export const lineOf = ({ telling, sentence }: ToldAlert): string => `${marks[telling]}: ${sentence}`;

/** One line on all of it: the worst first. */
export const titleOf = ({ deployment, alerts }: AlertMessage): string => {
  const firing = alerts.filter(({ status }) => status === 'firing').length;
  const what = firing === 0 ? 'resolved' : `${firing} ${firing === 1 ? 'problem' : 'problems'}`;
  return `${deployment}: ${what}`;
};

/** A title, and a line an alert. */
export const textOf = (message: AlertMessage): string =>
  [`${titleOf(message)}`, ...message.alerts.map((alert) => `- ${lineOf(alert)}`)].join('\n');
