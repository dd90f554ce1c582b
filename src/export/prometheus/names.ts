/** The metrics that are drawn and watched: a test holds them against what is told at `/metrics`. */
export const metrics = {
  alertFiring: 'millrace_alert_firing',
  driftEffect: 'millrace_drift_effect',
  driftEvidence: 'millrace_drift_log_e',
  missingShare: 'millrace_missing_share',
} as const;

/** A label's value as PromQL and YAML's double quotes have it. */
export const quoted = (text: string): string => JSON.stringify(text);

export const selected = (metric: string, deployment: string): string => `${metric}{deployment=${quoted(deployment)}}`;
