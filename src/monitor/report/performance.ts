/** How right predictions were, as far as anybody has told, and beside it, dashed, what may be expected where nobody has. */
import { escapeHtml, percent } from '../../drawing/charts.ts';
import { overTime } from '../../drawing/over-time.ts';
import { type TrendPoint, trend } from '../../drawing/trend.ts';
import type { PerformanceFigure, SlicePerformance } from '../performance/measured.ts';
import type { PerformanceTest } from '../watch/judge-performance.ts';
import type { EstimatedPerformance, KeptPerformance } from '../watch/performance.ts';
import type { ShownDeployment } from '../watch/standing.ts';
import { alertTable, section, table } from './parts.ts';
import { windowWords } from './report-words.ts';

type Target = KeptPerformance['targets'][number];

/** Slices of an output, the worst first. */
const MOST_SLICES = 12;
/** Figures that are shares of rows. */
const SHARES = new Set(['accuracy', 'precision', 'recall', 'specificity']);

const short = (value: number): string => String(Number(value.toPrecision(3)));
const valueText = (name: string, value: number): string => (SHARES.has(name) ? percent(value) : short(value));
const intervalText = ({ name, interval }: PerformanceFigure): string =>
  interval === undefined ? '' : `${valueText(name, interval.low)} to ${valueText(name, interval.high)}`;

const known = (figures: readonly PerformanceFigure[]): readonly PerformanceFigure[] =>
  figures.filter(({ value }) => Number.isFinite(value));

/** What an output is told by first: how far off numbers are, how often labels are right. */
const mainOf = (target: Target | undefined): string => (target?.kind === 'numbers' ? 'mae' : 'accuracy');
const mainTitle = (main: string, target: Target | undefined): string => {
  if (main === 'accuracy') return 'share that is right';
  return `off by, on average${target?.unit === undefined ? '' : `, in ${target.unit}s`}`;
};

const targetIn = ({ targets }: KeptPerformance, output: string) => targets.find((one) => one.output === output);
const estimateIn = ({ estimated }: KeptPerformance, output: string) => estimated.find((one) => one.output === output);
const wholeTest = ({ judgement }: KeptPerformance, output: string): PerformanceTest | undefined =>
  judgement?.tests.find((one) => one.output === output && one.slice === undefined);

const pointOf = (one: KeptPerformance, output: string, main: string): TrendPoint => {
  const figure = known(targetIn(one, output)?.figures ?? []).find(({ name }) => name === main);
  const guess = estimateIn(one, output)?.figures.find(({ name }) => name === main)?.value;
  const estimated = guess !== undefined && Number.isFinite(guess) ? guess : undefined;
  const labels = `labels for ${percent(one.coverage)} of ${one.predictions} predictions`;
  const measured =
    figure === undefined ? '' : `, ${valueText(main, figure.value)} (${intervalText(figure) || 'no interval'})`;
  const expected = estimated === undefined ? '' : `, estimated ${valueText(main, estimated)}`;
  const { interval } = figure ?? {};
  return {
    title: `${windowWords(one)}: ${labels}${measured}${expected}`,
    value: figure?.value,
    low: interval?.low,
    high: interval?.high,
    estimated,
    isBad: wholeTest(one, output)?.isWorse ?? false,
  };
};

const badge = (one: KeptPerformance | undefined, output: string): string => {
  if (one === undefined) return '<span class="badge plain">no labels yet</span>';
  if (one.judgement === undefined) return '<span class="badge plain">not judged yet: labels still come</span>';
  const worse = one.judgement.tests.filter((test) => test.output === output && test.isWorse);
  if (worse.length === 0) return '<span class="badge">as usual</span>';
  return `<span class="badge shifted">${worse.some(({ slice }) => slice === undefined) ? 'worse than usual' : 'worse in parts'}</span>`;
};

const figuresOf = (target: Target, last: KeptPerformance): string => {
  const lines = known(target.figures).map((one) => {
    const { name, label, value } = one;
    return `<tr><td>${escapeHtml(label)}</td><td class="n">${valueText(name, value)}</td><td class="n soft">${intervalText(one)}</td></tr>`;
  });
  const head = `<tr><th></th><th class="n">measured</th><th class="n">likely range</th></tr>`;
  const notes = target.notes.map((note) => `<p class="soft note">${escapeHtml(note)}</p>`).join('');
  const when = `<p class="soft note">${escapeHtml(windowWords(last))}, by ${target.rows} labels</p>`;
  return `${when}<div class="scroll"><table><thead>${head}</thead><tbody>${lines.join('')}</tbody></table></div>${notes}`;
};

const estimateOf = ({ figures, rows, positive, assumes }: EstimatedPerformance, one: KeptPerformance): string => {
  const told = figures
    .filter(({ value }) => Number.isFinite(value))
    .map(({ name, label, value }) => `${escapeHtml(label)} <b>${valueText(name, value)}</b>`)
    .join(', ');
  return `<p class="estimated">Estimated, ${escapeHtml(windowWords(one))}: ${told}. <span class="soft">Of ${rows} answers, for “${escapeHtml(positive)}”; ${escapeHtml(assumes)}.</span></p>`;
};

const sliceLine = ({ by, value, rows, figures, isWorse }: SlicePerformance, main: string): readonly string[] => {
  const figure = known(figures).find(({ name }) => name === main);
  return [
    `${escapeHtml(by)} <b>${escapeHtml(value)}</b>`,
    String(rows),
    figure === undefined ? '' : valueText(main, figure.value),
    figure === undefined ? '' : `<span class="soft">${intervalText(figure)}</span>`,
    isWorse ? '<span class="badge shifted">worse than the rest</span>' : '',
  ];
};

const slicesOf = ({ output, slices }: Target, main: string, title: string): string => {
  const heads = [`${escapeHtml(output)}, by part`, 'labels', escapeHtml(title), 'likely range', ''];
  return table(
    heads,
    slices.slice(0, MOST_SLICES).map((one) => sliceLine(one, main)),
  );
};

const outputCard = (output: string, all: readonly KeptPerformance[]): { card: string; slices: string } => {
  const last = all.findLast((one) => targetIn(one, output) !== undefined);
  const target = last && targetIn(last, output);
  const main = mainOf(target);
  const title = mainTitle(main, target);
  const usual = last && wholeTest(last, output)?.usual;
  const line = usual === undefined ? undefined : { value: main === 'accuracy' ? 1 - usual : usual, label: 'usual' };
  const ends = [windowWords(all[0]), windowWords(all[all.length - 1])] as const;
  const points = all.map((one) => pointOf(one, output, main));
  const chart = trend({ name: `${title} of ${output} over time`, points, ends, line });
  const guessed = all.findLast((one) => estimateIn(one, output) !== undefined);
  const guess = guessed && estimateIn(guessed, output);
  const measured = target && last ? figuresOf(target, last) : '<p class="soft">Nobody has told yet what came true.</p>';
  const expected = guess && guessed ? estimateOf(guess, guessed) : '';
  const head = `<div class="top"><h3>${escapeHtml(output)} <small>${escapeHtml(title)}</small></h3>${badge(last, output)}</div>`;
  return {
    card: `<section class="card field">${head}${chart}${measured}${expected}</section>`,
    slices: target === undefined ? '' : slicesOf(target, main, title),
  };
};

const coverageCard = (all: readonly KeptPerformance[]): string => {
  const bars = all.map((one) => ({
    title: `${windowWords(one)}: labels for ${one.labelled} of ${one.predictions} predictions`,
    value: one.coverage,
  }));
  const ends = [windowWords(all[0]), windowWords(all[all.length - 1])] as const;
  const told = all.findLast(({ labelled }) => labelled > 0);
  const words = told === undefined ? 'of no prediction yet' : `${percent(told.coverage)} in ${windowWords(told)}`;
  const chart = overTime({ name: 'Predictions of which it is known what came true', bars, ends, full: 1 });
  return `<section class="card field"><div class="top"><h3>known by now <small>share of recorded predictions with a label</small></h3><span class="badge plain">${words}</span></div>${chart}</section>`;
};

const legend = (all: readonly KeptPerformance[]): string => {
  const hasEstimates = all.some(({ estimated }) => estimated.length > 0);
  return `<p class="legend"><span><i class="dot"></i>measured by what came true, with its likely range</span>${hasEstimates ? '<span><i class="dashed"></i>estimated, where nobody has told</span>' : ''}</p>`;
};

export const performanceSection = ({ performances, alerts }: ShownDeployment): string => {
  const outputs = new Set(
    performances.flatMap(({ targets, estimated }) => [...targets, ...estimated].map(({ output }) => output)),
  );
  const told = [...outputs].map((output) => outputCard(output, performances));
  const cards = [...told.map(({ card }) => card), ...(told.length > 0 ? [coverageCard(performances)] : [])];
  const body =
    told.length === 0
      ? ''
      : `${legend(performances)}<div class="grid wide">${cards.join('')}</div>${told.map(({ slices }) => slices).join('')}`;
  const raised = alertTable(alerts.filter(({ concern }) => concern === 'performance'));
  return section('Right answers', 'how often, or how nearly, what was predicted came true', `${body}${raised}`);
};
