/** How a watched deployment stands, as one HTML page without anything from elsewhere, for somebody who knows no statistics. */
import { escapeHtml, percent } from '../../drawing/charts.ts';
import { overTime } from '../../drawing/over-time.ts';
import { css } from '../../drawing/page.css.ts';
import type { FieldJudgement } from '../drift/judgement.ts';
import type { FieldDistribution } from '../watch/distribution.ts';
import type { ShownDeployment, ShownReaction, WatchedJudgement } from '../watch/standing.ts';
import { sentenceOn } from '../watch/standing-words.ts';
import { fieldCard } from './field-cards.ts';
import { alertTable, minute, section, table } from './parts.ts';
import { performanceSection } from './performance.ts';
import { reportCss } from './report.css.ts';
import { day, sections, sinceOf, verdictWords, windowWords } from './report-words.ts';
import { serviceLevelSection } from './service-level.ts';

export interface MonitorReport {
  readonly shown: ShownDeployment;
  /** Of the last window. */
  readonly distributions: readonly FieldDistribution[];
  readonly now: Date;
}

/** Cards of inputs that have not changed; of more, the first. */
const MOST_CARDS = 60;
const whole = new Intl.NumberFormat('en-US');
const header = ({ shown, now }: MonitorReport): string => {
  const { deployment, last, firing, windows } = shown;
  const pill =
    firing.length > 0
      ? '<span class="pill failed">needs a look</span>'
      : `<span class="pill${last === undefined ? ' cancelled' : ''}">${last === undefined ? 'not judged yet' : 'no alarm'}</span>`;
  const scope =
    last === undefined
      ? ''
      : `${escapeHtml(last.model)} ${escapeHtml(last.version)}, ${windows.length} window${windows.length === 1 ? '' : 's'} until ${windowWords(last)}`;
  return `<header><div><h1>${escapeHtml(deployment)}</h1><p class="scope">${scope}</p></div>${pill}</header><p class="verdict">${escapeHtml(verdictWords(shown))}</p><p class="scope">${escapeHtml(sentenceOn(shown, now))}.</p>`;
};

const order = Object.keys(sections);

/** What is not as it was, and since when: the oldest first. */
const changes = ({ shown: { firing } }: MonitorReport): string => {
  const lines = firing
    .map((alert) => ({ alert, since: sinceOf(alert) }))
    .toSorted(
      (a, b) => a.since.localeCompare(b.since) || order.indexOf(a.alert.concern) - order.indexOf(b.alert.concern),
    )
    .map(({ alert, since }) => [
      day(since),
      `<span class="badge ${alert.severity === 'info' ? 'plain' : 'shifted'}">${sections[alert.concern]}</span>`,
      escapeHtml(alert.sentence),
      alert.acknowledged === undefined ? '' : `known to ${escapeHtml(alert.acknowledged.by)}`,
    ]);
  return section('What has changed', 'and since when, in UTC', table(['since', '', 'what', ''], lines));
};

const windowTitle = (one: WatchedJudgement): string => {
  const { rows, refused, judgement } = one.seen;
  const found = one.findings.map(({ sentence }) => sentence).join('; ');
  return `${windowWords(one)}: ${whole.format(rows)} rows, ${refused} refused; ${found === '' ? (judgement?.state ?? 'not compared') : found}`;
};

const days = ({ shown: { windows } }: MonitorReport): string => {
  if (windows.length === 0) return '';
  const ends = [windows[0].window.from.slice(0, 10), (windows.at(-1) ?? windows[0]).window.from.slice(0, 10)] as const;
  const of = (value: (one: WatchedJudgement) => number, isBad: (one: WatchedJudgement) => boolean) =>
    windows.map((one) => ({ title: windowTitle(one), value: value(one), isBad: isBad(one) }));
  const answered = overTime({
    name: 'Rows answered in each window',
    bars: of(
      ({ seen }) => seen.rows,
      ({ findings }) => findings.length > 0,
    ),
    ends,
  });
  const refused = overTime({
    name: 'Rows refused in each window',
    bars: of(
      ({ seen }) => seen.refused,
      ({ findings }) => findings.some(({ concern }) => concern === 'quality'),
    ),
    ends,
  });
  const all = windows.reduce((sum, { seen }) => sum + seen.rows + seen.refused, 0);
  const bad = windows.reduce((sum, { seen }) => sum + seen.refused, 0);
  return section(
    'Window by window',
    'a window in which something was found is red',
    `<div class="grid wide"><section class="card field"><div class="top"><h3>rows answered</h3></div>${answered}</section><section class="card field"><div class="top"><h3>rows refused</h3><span class="badge plain">${all === 0 ? '' : `${percent(bad / all)} of all`}</span></div>${refused}</section></div>`,
  );
};

const fieldsOf = ({ shown, distributions }: MonitorReport, is: FieldJudgement['is']): readonly string[] =>
  (shown.last?.seen.judgement?.fields ?? [])
    .filter((one) => one.is === is)
    .slice(0, MOST_CARDS)
    .map((one) => {
      const found = distributions.find((other) => other.field === one.field && other.is === is);
      return fieldCard(one, found, shown.windows);
    });

const legend = (baseline: string): string =>
  `<p class="legend"><span><i></i>the last window</span><span><i class="ref"></i>${escapeHtml(baseline)}</span><span>below: how much it has changed, window by window</span></p>`;

const fields = (report: MonitorReport): { readonly predictions: string; readonly inputs: string } => {
  const judgement = report.shown.last?.seen.judgement;
  if (judgement === undefined) return { predictions: '', inputs: '' };
  const [outputs, inputs] = [fieldsOf(report, 'output'), fieldsOf(report, 'input')];
  const beside = `beside ${escapeHtml(judgement.baseline)}`;
  const grid = (cards: readonly string[]): string =>
    cards.length === 0 ? '' : `${legend(judgement.baseline)}<div class="grid">${cards.join('')}</div>`;
  return {
    predictions: section('Predictions', `what it answers, ${beside}`, grid(outputs)),
    inputs: section('Inputs', `what it is asked, ${beside}; what has changed comes first`, grid(inputs)),
  };
};

const reactionLine = ({ at, what, outcome, problem }: ShownReaction): readonly string[] => [
  minute(at),
  escapeHtml(what),
  outcome?.is ?? 'not yet',
  escapeHtml(outcome?.sentence ?? problem?.message ?? ''),
];

const history = ({ shown }: MonitorReport): string =>
  [
    section(
      'Data quality',
      'refused rows, values that stand still, rows that stay away',
      alertTable(shown.alerts.filter(({ concern }) => concern === 'quality' || concern === 'freshness')),
    ),
    section('All alerts', 'in UTC', alertTable(shown.alerts)),
    section(
      'What was done of itself',
      '',
      table(['when', 'what', '', 'what came of it'], shown.reactions.map(reactionLine)),
    ),
    section(
      'The new normal',
      'what people have said to be fine',
      table(
        ['when', 'who', 'why'],
        shown.accepted.map(({ at, by, why }) => [minute(at), escapeHtml(by), escapeHtml(why)]),
      ),
    ),
  ].join('');

const explained = `<h2>How to read this</h2><div class="card explained"><p>Each window of time is held beside what the model has learned from. Blue bars say how often values came now, orange lines how often they
came before: where both agree, nothing has changed. An alarm needs two things: that the change is no accident (on average one false alarm a year is borne, unless
the settings say otherwise), and that it is worth it. How much a value has changed is told as one figure: below 0.1 is hardly anything, 0.1 to 0.3 small, to 0.5 clear, above that
large. It is told in sd, the usual spread of a value: 0.5 sd higher is half of that higher than before.</p><p>How right predictions were is known once somebody has told what came true, and is told of
the day of the prediction. Of some of all predictions such a figure is only nearly known: the true one lies within its likely range 95 times in 100. An estimate is no measurement,
but what is to be expected where nothing else has changed.</p></div>`;

export const monitorPage = (report: MonitorReport): string => {
  const { shown, now } = report;
  const { predictions, inputs } = fields(report);
  const body = [
    header(report),
    changes(report),
    predictions,
    performanceSection(shown),
    serviceLevelSection(shown),
    inputs,
    days(report),
    history(report),
    explained,
  ];
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escapeHtml(shown.deployment)}: how it stands</title><style>${css}${reportCss}</style></head><body><main>${body.join('')}<footer>Written by Millrace, ${minute(now.toISOString())} UTC</footer></main></body></html>\n`;
};
