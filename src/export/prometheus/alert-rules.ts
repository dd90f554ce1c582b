/** Rules by which Prometheus raises alerts on what `/metrics` tells of a deployment (prometheus.io/docs/prometheus/latest/configuration/alerting_rules). */
import { stringify } from 'yaml';
import type { ExportedDeployment } from './exported.ts';
import { metrics, quoted, selected } from './names.ts';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  /** For how long it has to hold. */
  readonly for: string;
  readonly severity: string;
  readonly summary: string;
}

/** Part of calls that may fail. */
const MOST_FAILED = 0.05;

const watchRules = ({ deployment }: ExportedDeployment): readonly Rule[] => [
  {
    alert: 'MillraceAlertFires',
    expr: `max by (deployment, concern) (${selected(metrics.alertFiring, deployment)}) > 0`,
    for: '0m',
    severity: 'warning',
    summary:
      '{{ $labels.deployment }}: {{ $labels.concern }} is not as it should be; millrace monitor show {{ $labels.deployment }}',
  },
];

const serviceRules = ({ deployment, model }: ExportedDeployment): readonly Rule[] => {
  const calls = (outcome: string): string => `sum(rate(millrace_requests_total{model=${quoted(model)}${outcome}}[5m]))`;
  return [
    {
      alert: 'MillraceCallsFail',
      expr: `${calls(',outcome!~"ok|partial"')} / ${calls('')} > ${MOST_FAILED}`,
      for: '10m',
      severity: 'error',
      summary: `${deployment}: {{ $value | humanizePercentage }} of calls fail`,
    },
    {
      alert: 'MillraceModelAway',
      expr: `absent(millrace_model_info{model=${quoted(model)}})`,
      for: '5m',
      severity: 'critical',
      summary: `${deployment}: no process answers with ${model}`,
    },
  ];
};

const streamRules = ({ deployment }: ExportedDeployment): readonly Rule[] => [
  {
    alert: 'MillraceStreamStands',
    expr: `min(${selected('millrace_stream_ready', deployment)}) == 0 or absent(${selected('millrace_stream_ready', deployment)})`,
    for: '5m',
    severity: 'critical',
    summary: `${deployment}: the stream does not work`,
  },
];

const rulesOf = (exported: ExportedDeployment): readonly Rule[] => [
  ...watchRules(exported),
  ...(exported.mode === 'service' ? serviceRules(exported) : []),
  ...(exported.mode === 'stream' ? streamRules(exported) : []),
];

/** A rules file, as YAML. */
export const writeAlertRules = (exported: ExportedDeployment): string => {
  const rules = rulesOf(exported).map(({ alert, expr, for: lasting, severity, summary }) => ({
    alert,
    expr,
    for: lasting,
    labels: { severity, deployment: exported.deployment },
    annotations: { summary },
  }));
  return stringify({ groups: [{ name: `millrace ${exported.deployment}`, rules }] }, { lineWidth: 0 });
};
