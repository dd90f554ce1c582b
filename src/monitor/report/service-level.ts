/** How a deployment keeps what it promises: of each objective how many calls broke it, and how fast that spends what may be broken. */
import { escapeHtml, percent } from '../../drawing/charts.ts';
import type { BurnRate, ObjectiveJudgement } from '../slo/burn-rates.ts';
import type { ShownDeployment } from '../watch/standing.ts';
import { alertTable, section } from './parts.ts';

const spans: Readonly<Record<string, string>> = {
  '5m': 'last 5 minutes',
  '30m': 'last 30 minutes',
  '1h': 'last hour',
  '6h': 'last 6 hours',
  '3d': 'last 3 days',
};
const whole = new Intl.NumberFormat('en-US');
/** Where a bar is full: twice as fast as is borne. */
const FULL_RATE = 2;

const short = (rate: number): string => String(Number(rate.toPrecision(2)));

const rateWords = ({ all, rate }: BurnRate): string => {
  if (all === 0) return 'no calls';
  return rate > 1 ? `${short(rate)} times too fast` : `${percent(rate)} of what may be`;
};

const line = (one: BurnRate): string => {
  const { window, all, bad, rate } = one;
  const width = `${(100 * Math.min(1, rate / FULL_RATE)).toFixed(1)}%`;
  const bar = `<span class="track"><b${rate > 1 ? ' class="bad"' : ''} style="width:${width}"></b><i style="left:50%"></i></span>`;
  return `<tr><td>${spans[window] ?? escapeHtml(window)}</td><td class="n">${whole.format(all)}</td><td class="n">${whole.format(bad)}</td><td class="burn">${bar}</td><td>${rateWords(one)}</td></tr>`;
};

const badge = ({ rates }: ObjectiveJudgement): string => {
  const last = rates.find(({ window }) => window === '3d') ?? rates.at(-1);
  if (last === undefined || last.all === 0) return '<span class="badge plain">no calls</span>';
  return last.rate > 1
    ? '<span class="badge shifted">not kept in the last 3 days</span>'
    : '<span class="badge">kept in the last 3 days</span>';
};

const card = (one: ObjectiveJudgement): string =>
  `<section class="card field"><div class="top"><h3>${escapeHtml(one.words)}</h3>${badge(one)}</div><div class="scroll"><table><thead><tr><th></th><th class="n">calls</th><th class="n">broke it</th><th></th><th>${percent(one.budget)} may break it; spent</th></tr></thead><tbody>${one.rates.map(line).join('')}</tbody></table></div></section>`;

export const serviceLevelSection = ({ slo, alerts }: ShownDeployment): string => {
  const cards = slo.length === 0 ? '' : slo.map(card).join('');
  const raised = alertTable(alerts.filter(({ concern }) => concern === 'slo'));
  const note = 'errors and waiting times beside what was promised; the line is what is borne';
  return section('Service level', note, `${cards}${raised}`);
};
