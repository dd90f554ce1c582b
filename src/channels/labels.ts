/** An alert in Prometheus's words: labels say which it is, annotations what is to be known of it. */
import type { ToldAlert } from '../monitor/alerts/alert.ts';

/** When an alert ends that has not ended. */
export const NEVER = '0001-01-01T00:00:00Z';

/** The same for as long as the alert lasts: receivers know it again by them. */
export const labelsOf = ({
  concern,
  severity,
  deployment,
  model,
  field,
}: ToldAlert): Readonly<Record<string, string>> => ({
  alertname: `millrace_${concern}`,
  severity,
  deployment,
  model,
  ...(field !== undefined && { field }),
});

export const annotationsOf = ({ sentence, version, window, numbers }: ToldAlert): Readonly<Record<string, string>> => ({
  summary: sentence,
  version,
  window: `${window.from}/${window.to}`,
  ...Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, String(value)])),
});
