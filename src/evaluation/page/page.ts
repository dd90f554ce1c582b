/** An evaluation as one HTML page, without anything from elsewhere. */
import { escapeHtml } from '../../drawing/charts.ts';
import { css } from '../../drawing/page.css.ts';
import { plotCss, whiskers } from '../../drawing/plots.ts';
import type { Comparison, Evaluation, Figure, MetricFigures, TargetEvaluation } from '../evaluation.ts';
import { figureText, intervalText, namesOf, sliceName, targetText } from '../telling.ts';
import { plotsOf } from './plots.ts';

const whole = new Intl.NumberFormat('en-US');

const wordOf = (outcome: Comparison | undefined): string =>
  outcome === undefined
    ? ''
    : `<span class="word ${outcome === 'not enough data' ? 'unknown' : outcome}">${outcome}</span>`;

const tile = (name: string, big: string, note: string): string =>
  `<div class="tile"><span>${escapeHtml(name)}</span><b>${big}</b><em>${note || '&nbsp;'}</em></div>`;

/** What fits into a row. */
const TILES = 5;
/** What people ask for first; of a page's five, as many as there are. */
const firstMetrics = ['mae', 'rmse', 'bias', 'r2', 'accuracy', 'auc', 'f1', 'f1_macro', 'log_loss', 'recall', 'brier'];
const shortName = (label: string): string => label.replace(/ \(.*\)$/, '');

const tiles = ({ metrics, rows }: TargetEvaluation): string => {
  const shown = firstMetrics
    .flatMap((name) => metrics.filter((metric) => metric.name === name))
    .slice(0, TILES - 1)
    .map(({ label, versions, outcome, difference }) => {
      const last = versions[versions.length - 1];
      const note = difference
        ? `${figureText(versions[0].value)} before${outcome === undefined ? '' : ` · ${wordOf(outcome)}`}`
        : intervalText(last);
      return tile(shortName(label), figureText(last.value), note);
    });
  return `<div class="tiles">${[tile('rows judged', whole.format(rows), ''), ...shown].join('')}</div>`;
};

const cell = (figure: Figure): string =>
  `<td class="n"><b>${figureText(figure.value)}</b><br><small>${intervalText(figure)}</small></td>`;

const metricsTable = (metrics: readonly MetricFigures[], names: readonly string[]): string => {
  const isPair = names.length === 2;
  const head = [...names, ...(isPair ? ['difference', `${names[1]} is`] : [])];
  const line = ({ label, versions, difference, outcome }: MetricFigures): string =>
    `<tr><td>${escapeHtml(label)}</td>${versions.map(cell).join('')}${difference ? cell(difference) : ''}${isPair ? `<td class="n">${wordOf(outcome)}</td>` : ''}</tr>`;
  return `<div class="card scroll"><table><thead><tr><th></th>${head.map((name) => `<th class="n">${escapeHtml(name)}</th>`).join('')}</tr></thead><tbody>${metrics.map(line).join('')}</tbody></table></div>`;
};

const slicesSection = ({ slices, metrics }: TargetEvaluation): string => {
  const [first] = metrics;
  if (slices.length === 0) return '';
  const parts = slices.map((slice) => ({
    label: sliceName(slice),
    note: `${whole.format(slice.rows)} rows${slice.isWorse ? ' · worse than the rest' : ''}`,
    isMarked: slice.isWorse,
    values: slice.metrics[0].versions.map((figure) => ({
      value: figure.value,
      low: figure.interval?.low,
      high: figure.interval?.high,
      text: `${figureText(figure.value)} (${intervalText(figure)})`,
    })),
  }));
  const wholes = first.versions.map(({ value }) => value);
  return `<h2>By slice<small>${escapeHtml(first.label)}; what costs most first; the upright line is all rows</small></h2><div class="card">${whiskers(parts, wholes)}</div>`;
};

const legend = (names: readonly string[]): string =>
  names.length === 1
    ? ''
    : `<div class="legend">${names.map((name, at) => `<span><i class="c${at}"></i>${escapeHtml(name)}</span>`).join('')}</div>`;

const section = (target: TargetEvaluation, names: readonly string[]): string => {
  const plots = plotsOf(target, names).map(
    ({ heading, note, drawing }) =>
      `<section class="card field"><div class="top"><h3>${escapeHtml(heading)}</h3></div><div class="scroll">${drawing}</div><p class="soft">${escapeHtml(note)}</p></section>`,
  );
  const notes = target.notes.map((note) => `<p class="soft">${escapeHtml(note)}</p>`).join('');
  return `<h2>${escapeHtml(targetText(target))}</h2>
${tiles(target)}
<h2>Figures<small>below each, where the true one lies 95 times in 100</small></h2>${metricsTable(target.metrics, names)}${notes}
${plots.length === 0 ? '' : `<h2>How it looks</h2>${legend(names)}<div class="grid wide">${plots.join('')}</div>`}
${slicesSection(target)}`;
};

const counts = (codes: Readonly<Record<string, number>>): string =>
  Object.entries(codes)
    .map(([code, times]) => `<code>${escapeHtml(code)}</code> ${whole.format(times)}`)
    .join(', ') || 'none';

const facts = ({ file, rows, unreadable, versions, targets }: Evaluation): string => {
  const line = (name: string, text: string): string => `<dt>${name}</dt><dd>${text}</dd>`;
  return `<dl class="facts">${[
    line('rows', `${whole.format(rows)} of ${escapeHtml(file)}`),
    ...targets.map(({ truth, withoutTruth }) =>
      line('without a truth', `${whole.format(withoutTruth)} in ${escapeHtml(truth)}`),
    ),
    line('not read', counts(unreadable)),
    ...versions.flatMap(({ model, version, digest, refused }) => [
      line('version', `${escapeHtml(model)} ${escapeHtml(version)} <code>${escapeHtml(digest)}</code>`),
      line('refused by it', counts(refused)),
    ]),
  ].join('')}</dl>`;
};

export const evaluationPage = (evaluation: Evaluation): string => {
  const names = namesOf(evaluation);
  const title = names.join(' and ');
  const [first] = evaluation.versions;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escapeHtml(title)} evaluated · Millrace</title><style>${css}${plotCss}</style></head>
<body><main>
<header><div><h1>${escapeHtml(title)}</h1><p class="scope">held against ${escapeHtml(evaluation.file)}${first.description === undefined ? '' : ` · ${escapeHtml(first.description)}`}</p></div></header>
${evaluation.targets.map((target) => section(target, names)).join('\n')}
<h2>What was looked at</h2><div class="card">${facts(evaluation)}</div>
<footer>Written by Millrace. <code>--json</code> has the same figures for programs.</footer>
</main></body></html>
`;
};
