/** Cards of fields: how values were distributed, now and before, and the change from window to window. */
import { type Bar, escapeHtml, histogram, percent, rows } from '../../drawing/charts.ts';
import { overTime } from '../../drawing/over-time.ts';
import { LEAST_EFFECT } from '../drift/budget.ts';
import type { FieldJudgement } from '../drift/judgement.ts';
import type { FieldDistribution } from '../watch/distribution.ts';
import type { WatchedJudgement } from '../watch/standing.ts';
import { changeWords, windowWords } from './report-words.ts';

/** Of the effect, where a bar is full: large. */
const FULL_EFFECT = 0.5;

const number = (value: number, isInstant: boolean): string =>
  isInstant ? new Date(value).toISOString().slice(0, 16).replace('T', ' ') : String(Number(value.toPrecision(4)));

const barsOf = ({ bars }: FieldDistribution): readonly Bar[] =>
  bars.map(({ label, now, before, from, to }) => ({ label, share: now, reference: before, from, to }));

const endsOf = ({ bars, isInstant }: FieldDistribution): readonly string[] => {
  const [first, last] = [bars[0]?.from, bars.at(-1)?.to];
  return first === undefined || last === undefined ? [] : [number(first, isInstant), '', number(last, isInstant)];
};

const badge = ({ state, words }: FieldJudgement): string => {
  if (state === 'drift') return `<span class="badge shifted">${escapeHtml(words)}</span>`;
  return `<span class="badge ${state === 'steady' ? '' : 'plain'}">${state === 'steady' ? 'as before' : state}</span>`;
};

const effects = (judged: FieldJudgement, windows: readonly WatchedJudgement[]): string => {
  const bars = windows.map((one) => {
    const { judgement } = one.seen;
    const found =
      judgement?.state === 'few rows'
        ? undefined
        : judgement?.fields.find(({ field, is }) => field === judged.field && is === judged.is);
    const title = `${windowWords(one)}: ${found === undefined ? 'not judged' : changeWords(found)}`;
    return { title, value: found?.effect, isBad: found?.state === 'drift' };
  });
  const [first, last] = [windows[0], windows.at(-1)];
  const ends = [first?.window.from.slice(0, 10) ?? '', last?.window.from.slice(0, 10) ?? ''] as const;
  const line = { value: LEAST_EFFECT, label: 'worth an alarm' };
  return overTime({ name: `Change of ${judged.field} over time`, bars, ends, full: FULL_EFFECT, line });
};

const figures = ({ mean, missing, isInstant }: FieldDistribution): string => {
  const line = (name: string, now: string, before: string): string =>
    `<dt>${name}</dt><dd>${now}</dd><dd class="ref">${before}</dd>`;
  const means =
    mean === undefined
      ? ''
      : line('mean', number(mean.now, isInstant), mean.before === undefined ? '' : number(mean.before, isInstant));
  const gaps = line('missing', percent(missing.now), missing.before === undefined ? '' : percent(missing.before));
  return `<dl class="two"><dt></dt><dd class="head">now</dd><dd class="head">before</dd>${means}${gaps}</dl>`;
};

export const fieldCard = (
  judged: FieldJudgement,
  distribution: FieldDistribution | undefined,
  windows: readonly WatchedJudgement[],
): string => {
  const bars = distribution === undefined ? [] : barsOf(distribution);
  const isNumbers = bars[0]?.from !== undefined;
  const chart =
    distribution === undefined || bars.length === 0
      ? ''
      : isNumbers
        ? histogram(bars, judged.field, endsOf(distribution))
        : rows(bars);
  const change = `<p class="soft change">${escapeHtml(judged.state === 'not compared' ? 'not compared' : changeWords(judged))}</p>`;
  return `<section class="card field"><div class="top"><h3>${escapeHtml(judged.field)}</h3>${badge(judged)}</div>${chart}${distribution === undefined ? '' : figures(distribution)}<div>${change}${effects(judged, windows)}</div></section>`;
};
