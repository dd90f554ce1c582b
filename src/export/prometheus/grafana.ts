/** A dashboard of one deployment for Grafana, as JSON to import; where its figures are is asked for then (`DS_PROMETHEUS`). */
import { createHash } from 'node:crypto';
import type { ExportedDeployment } from './exported.ts';
import { metrics, quoted, selected } from './names.ts';

interface Panel {
  readonly title: string;
  readonly description: string;
  readonly type: 'stat' | 'timeseries';
  readonly targets: readonly { readonly expr: string; readonly legend: string }[];
  readonly unit?: string;
  /** A line across. */
  readonly threshold?: number;
}

/** The version of the dashboards' form, which Grafana itself brings up to date. */
const SCHEMA_VERSION = 39;
const WIDTH = 12;
const HEIGHT = 8;
/** Fields that are drawn at once, those with the greatest values. */
const SHOWN = 10;

const watchPanels = ({ deployment }: ExportedDeployment): readonly Panel[] => {
  const top = (metric: string): string => `topk(${SHOWN}, max by (field) (${selected(metric, deployment)}))`;
  return [
    {
      title: 'Alerts that fire',
      description: 'By what they are about; none is good.',
      type: 'stat',
      targets: [{ expr: `sum by (concern) (${selected(metrics.alertFiring, deployment)})`, legend: '{{concern}}' }],
    },
    {
      title: 'How much fields have changed',
      description:
        "Cohen's w of each field in the last window, about in standard deviations; from 0.1 on it is worth an alarm.",
      type: 'timeseries',
      targets: [{ expr: top(metrics.driftEffect), legend: '{{field}}' }],
      threshold: 0.1,
    },
    {
      title: 'Evidence of slow drift',
      description: 'Its logarithm: from 3 on, slow drift is sure.',
      type: 'timeseries',
      targets: [{ expr: `max(${selected(metrics.driftEvidence, deployment)})`, legend: 'evidence' }],
      threshold: 3,
    },
    {
      title: 'Missing values',
      description: 'The share of rows in the last window.',
      type: 'timeseries',
      unit: 'percentunit',
      targets: [{ expr: top(metrics.missingShare), legend: '{{field}}' }],
    },
  ];
};

const servicePanels = ({ model }: ExportedDeployment): readonly Panel[] => {
  const own = `model=${quoted(model)}`;
  const quantile = (q: number): string =>
    `histogram_quantile(${q}, sum by (le) (rate(millrace_request_duration_seconds_bucket{${own}}[5m])))`;
  return [
    {
      title: 'Calls',
      description: 'A second, by outcome.',
      type: 'timeseries',
      unit: 'reqps',
      targets: [{ expr: `sum by (outcome) (rate(millrace_requests_total{${own}}[5m]))`, legend: '{{outcome}}' }],
    },
    {
      title: 'Time to answer',
      description: 'Half of all calls, 95 and 99 of a hundred are answered in this time.',
      type: 'timeseries',
      unit: 's',
      targets: [0.5, 0.95, 0.99].map((q) => ({ expr: quantile(q), legend: `p${q * 100}` })),
    },
  ];
};

const streamPanels = ({ deployment }: ExportedDeployment): readonly Panel[] => [
  {
    title: 'Events',
    description: 'A second, by outcome.',
    type: 'timeseries',
    targets: [
      {
        expr: `sum by (outcome) (rate(${selected('millrace_stream_events_total', deployment)}[5m]))`,
        legend: '{{outcome}}',
      },
    ],
  },
  {
    title: 'Events that wait',
    description: 'How far the stream is behind.',
    type: 'timeseries',
    targets: [{ expr: `sum(${selected('millrace_stream_lag', deployment)})`, legend: 'behind' }],
  },
];

const datasource = { type: 'prometheus', uid: '${DS_PROMETHEUS}' };

const panelOf = ({ title, description, type, targets, unit, threshold }: Panel, at: number) => ({
  id: at + 1,
  title,
  description,
  type,
  datasource,
  gridPos: { x: (at % 2) * WIDTH, y: Math.floor(at / 2) * HEIGHT, w: WIDTH, h: HEIGHT },
  targets: targets.map(({ expr, legend }, index) => ({
    refId: String.fromCharCode(65 + index),
    datasource,
    expr,
    legendFormat: legend,
  })),
  fieldConfig: {
    defaults: {
      ...(unit !== undefined && { unit }),
      min: 0,
      ...(threshold !== undefined && {
        custom: { thresholdsStyle: { mode: 'line' } },
        thresholds: {
          mode: 'absolute',
          steps: [
            { color: 'green', value: null },
            { color: 'red', value: threshold },
          ],
        },
      }),
    },
    overrides: [],
  },
});

export const writeDashboard = (exported: ExportedDeployment): string => {
  const { deployment, mode } = exported;
  const panels = [
    ...watchPanels(exported),
    ...(mode === 'service' ? servicePanels(exported) : []),
    ...(mode === 'stream' ? streamPanels(exported) : []),
  ];
  const uid = `millrace-${createHash('sha256').update(deployment).digest('hex').slice(0, 16)}`;
  const dashboard = {
    __inputs: [{ name: 'DS_PROMETHEUS', label: 'Prometheus', type: 'datasource', pluginId: 'prometheus' }],
    uid,
    title: `Millrace: ${deployment}`,
    tags: ['millrace'],
    schemaVersion: SCHEMA_VERSION,
    timezone: 'utc',
    time: { from: 'now-7d', to: 'now' },
    refresh: '1m',
    panels: panels.map(panelOf),
  };
  return `${JSON.stringify(dashboard, null, 2)}\n`;
};
