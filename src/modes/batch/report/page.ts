/** The report of a run as one HTML page, without anything from elsewhere. */
import { type Code, codes } from '../../../core/errors.ts';
import { escapeHtml, histogram, parts, percent, rows } from '../../../drawing/charts.ts';
import { css } from '../../../drawing/page.css.ts';
import type { FieldJudgement } from '../../../monitor/drift/judgement.ts';
import type { Change, FieldReport, Moments, Report } from './report.ts';
import { shadowCard } from './shadow-card.ts';

const whole = new Intl.NumberFormat('en-US');

const number = (value: number): string => {
  if (Number.isInteger(value)) return whole.format(value);
  const size = Math.abs(value);
  if (size >= 1000) return whole.format(Math.round(value));
  return size < 1e-4 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
};

const seconds = (value: number): string => {
  if (value < 1) return `${Math.round(value * 1000)} ms`;
  if (value < 90) return `${Number(value.toPrecision(3))} s`;
  return value < 5400 ? `${Number((value / 60).toPrecision(3))} min` : `${Number((value / 3600).toPrecision(3))} h`;
};

const time = (iso: string): string => iso.slice(0, 16).replace('T', ' ');
const value = (field: FieldReport, n: number): string =>
  field.isInstant ? time(new Date(n).toISOString()) : number(n);

const delta = (relative: number | undefined): string => {
  if (relative === undefined) return '';
  if (Math.abs(relative) < 0.0005) return 'unchanged';
  return `${relative > 0 ? '+' : '−'}${percent(Math.abs(relative))}`;
};

/** What the judgement of a field rests on. */
const figuresOf = ({ holmP, effect, size }: FieldJudgement, shift: number | undefined): string => {
  const p = holmP < 1e-4 ? 'p below 0.0001' : `p ${Number(holmP.toPrecision(2))}`;
  const psi = shift === undefined ? '' : `, PSI ${shift.toFixed(2)}`;
  return `beside the reference: ${p} among all fields, effect ${effect.toFixed(2)} (${size})${psi}`;
};

const badge = ({ judged, shift, isInstant }: FieldReport): string => {
  if (judged === undefined)
    return shift === undefined || isInstant ? '' : `<span class="badge plain">PSI ${shift.toFixed(2)}</span>`;
  if (judged.state === 'not compared') return '';
  const [word, name] =
    judged.state === 'drift' ? [judged.words, 'shifted'] : [judged.state, judged.state === 'steady' ? '' : 'plain'];
  return `<span class="badge ${name}" title="${escapeHtml(figuresOf(judged, shift))}">${escapeHtml(word)}</span>`;
};

/** What is written under a histogram: where it begins and ends, or the labels of its bars. */
const endsOf = (field: FieldReport): readonly string[] => {
  const [first, last] = [field.bars[0], field.bars.at(-1)];
  if (first?.from !== undefined && last?.to !== undefined) return [value(field, first.from), '', value(field, last.to)];
  return [first?.label ?? '', '', field.bars.length > 1 ? (last?.label ?? '') : ''];
};

const momentsTable = (field: FieldReport): string => {
  const { now, reference } = field;
  const hasReference = reference !== undefined || field.referenceMissing !== undefined;
  const cell = (text: string | undefined): string => (hasReference ? `<dd class="ref">${text ?? ''}</dd>` : '');
  const line = (name: string, pick: (moments: Moments) => number): string => {
    const then = cell(reference && value(field, pick(reference)));
    return `<dt>${name}</dt><dd>${now ? value(field, pick(now)) : '–'}</dd>${then}`;
  };
  const missing = `<dt>missing</dt><dd>${percent(field.missing)}</dd>${cell(field.referenceMissing === undefined ? undefined : percent(field.referenceMissing))}`;
  const unseen =
    field.unseen === undefined || field.unseen === 0
      ? ''
      : `<dt>unseen</dt><dd>${percent(field.unseen)}</dd>${cell('0 %')}`;
  const head = hasReference ? '<dt></dt><dd class="head">this run</dd><dd class="head">reference</dd>' : '';
  const moments =
    now === undefined
      ? ''
      : [
          line('mean', (moments) => moments.mean),
          // The spread of instants is a length of time, and says little.
          field.isInstant ? '' : line('std', (moments) => moments.std),
          line('min', (moments) => moments.min),
          line('max', (moments) => moments.max),
        ].join('');
  return `<dl class="${hasReference ? 'two' : ''}">${head}${moments}${missing}${unseen}</dl>`;
};

const fieldCard = (field: FieldReport): string => {
  const unit = field.unit === undefined ? '' : ` <small>${escapeHtml(field.unit)}</small>`;
  const chart =
    field.count === 0
      ? '<p class="soft">no values</p>'
      : field.isLabels
        ? rows(field.bars)
        : histogram(field.bars, field.name, endsOf(field));
  const about = field.description === undefined ? '' : ` title="${escapeHtml(field.description)}"`;
  return `<section class="card field"${about}><div class="top"><h3>${escapeHtml(field.name)}${unit}</h3>${badge(field)}</div>${chart}${momentsTable(field)}</section>`;
};

const tile = (name: string, big: string, note: string, kind = ''): string =>
  `<div class="tile ${kind}"><span>${name}</span><b>${big}</b><em>${note || '&nbsp;'}</em></div>`;

const relativeOf = (changes: readonly Change[], what: string): number | undefined =>
  changes.find((change) => change.what === what)?.relative;

const tiles = ({ summary, changes }: Report): string => {
  const { rows_in, rows_out, rows_rejected } = summary;
  const since = (what: string): string => {
    const relative = relativeOf(changes, what);
    return relative === undefined ? '' : `${delta(relative)} since the last run`;
  };
  return `<div class="tiles">${[
    tile('rows read', whole.format(rows_in), since('rows')),
    tile('predictions', whole.format(rows_out), rows_in === 0 ? '' : `${percent(rows_out / rows_in)} of the rows`),
    tile(
      'rejected',
      whole.format(rows_rejected),
      rows_in === 0 ? '' : percent(rows_rejected / rows_in),
      rows_rejected > 0 ? 'bad' : '',
    ),
    tile('rows a second', whole.format(summary.rows_per_second), since('rows a second')),
    tile('time', seconds(summary.seconds), `${whole.format(summary.shards)} shard${summary.shards === 1 ? '' : 's'}`),
  ].join('')}</div>`;
};

const changeRow = ({ what, before, now, relative }: Change): string => {
  const isShare = what.startsWith('share');
  const show = (one: number | string): string =>
    typeof one === 'string' ? escapeHtml(one) : isShare ? percent(one) : number(one);
  return `<tr><td>${escapeHtml(what)}</td><td class="n">${show(before)}</td><td class="n">${show(now)}</td><td class="n soft">${delta(relative)}</td></tr>`;
};

const changesTable = ({ before, changes, inputs, outputs }: Report): string => {
  if (!before)
    return '<div class="card soft">This is the first run of this deployment: there is nothing to compare it with.</div>';
  const moved = [...outputs, ...inputs].filter(({ judgedSinceLast }) => judgedSinceLast?.state === 'drift');
  const note =
    moved.length === 0
      ? 'No distribution has moved since then.'
      : `Moved since then: ${moved.map((field) => `${escapeHtml(field.name)} (${escapeHtml(field.judgedSinceLast?.words ?? '')})`).join(', ')}.`;
  return `<div class="card"><table><thead><tr><th></th><th class="n">${before.scope === 'all' ? 'the last run' : escapeHtml(before.scope)}<br><small>${time(before.finished_at)}</small></th><th class="n">this run</th><th class="n">change</th></tr></thead><tbody>${changes.map(changeRow).join('')}</tbody></table><p class="soft" style="margin-top:12px">${note}</p></div>`;
};

const rejectsTable = ({ summary }: Report): string => {
  const list = Object.entries(summary.rejected).toSorted(([, a], [, b]) => b - a);
  if (list.length === 0) return '';
  const line = ([code, count]: readonly [string, number]): string =>
    `<tr><td><code>${escapeHtml(code)}</code></td><td>${escapeHtml(codes[code as Code] ?? '')}</td><td class="n">${whole.format(count)}</td><td class="n soft">${percent(count / summary.rows_in)}</td></tr>`;
  return `<h2>Rejected rows<small><code>millrace batch rejects ${escapeHtml(summary.run)}</code> shows each of them</small></h2><div class="card"><table><thead><tr><th>code</th><th>why</th><th class="n">rows</th><th class="n">share</th></tr></thead><tbody>${list.map(line).join('')}</tbody></table></div>`;
};

const facts = (report: Report): string => {
  const { summary, window, kind, cause, referenceRows } = report;
  const line = (name: string, text: string): string => `<dt>${name}</dt><dd>${text}</dd>`;
  return `<dl class="facts">${[
    line('model', `${escapeHtml(summary.model)} ${escapeHtml(summary.version)}`),
    line('package', `<code>${escapeHtml(summary.digest)}</code>`),
    line(
      'run',
      `<code>${escapeHtml(summary.run)}</code>, ${kind === 'retry' ? 'a retry of rejects' : 'begun'} by ${escapeHtml(cause)}`,
    ),
    ...(window ? [line('window', `${time(window.from)} to ${time(window.to)} UTC`)] : []),
    line('from', escapeHtml(summary.source)),
    line('to', escapeHtml(summary.sink)),
    line('time', `${time(summary.started_at)} to ${time(summary.finished_at)} UTC`),
    ...(referenceRows === undefined
      ? []
      : [line('reference', `${whole.format(referenceRows)} rows, as profiled in the package`)]),
  ].join('')}</dl>`;
};

/** What the run is beside the reference, in one sentence. */
const judgementCard = ({ judgement }: Report): string => {
  if (judgement === undefined) return '';
  const { state, sentence, alpha } = judgement;
  const note = `a steady run is called drifting ${Number((alpha * 1000).toPrecision(2))} times in 1000`;
  return `<h2>Beside the training data<small>${note}</small></h2><div class="card"><span class="badge ${state === 'drift' ? 'shifted' : state === 'steady' ? '' : 'plain'}">${escapeHtml(sentence)}</span></div>`;
};

export const reportPage = (report: Report): string => {
  const { summary, outputs, inputs, description, referenceRows } = report;
  const name = `${summary.deployment} ${summary.scope}`;
  const legend =
    referenceRows === undefined
      ? ''
      : '<div class="legend"><span><i></i>this run</span><span><i class="ref"></i>reference of the package</span></div>';
  const alert = summary.problem
    ? `<div class="alert"><strong>${escapeHtml(summary.problem.code)}</strong> ${escapeHtml(summary.problem.message)}</div>`
    : '';
  const waits = parts([
    { name: 'read', value: summary.waits.read, text: seconds(summary.waits.read / 1000) },
    { name: 'score', value: summary.waits.score, text: seconds(summary.waits.score / 1000) },
    { name: 'write', value: summary.waits.write, text: seconds(summary.waits.write / 1000) },
  ]);
  const section = (heading: string, note: string, fields: readonly FieldReport[], grid: string): string =>
    fields.length === 0
      ? ''
      : `<h2>${heading}<small>${note}</small></h2>${legend}<div class="${grid}">${fields.map(fieldCard).join('')}</div>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escapeHtml(name)} · Millrace</title><style>${css}</style></head>
<body><main>
<header><div><h1>${escapeHtml(summary.deployment)}</h1><p class="scope">${escapeHtml(summary.scope === 'all' ? 'the whole source' : summary.scope)}${description === undefined ? '' : ` · ${escapeHtml(description)}`}</p></div><span class="pill ${summary.status}">${summary.status}</span></header>
${alert}
${tiles(report)}
${judgementCard(report)}
${shadowCard(report)}
<h2>Where the time went</h2><div class="card">${waits}</div>
${section('Predictions', '', outputs, `grid ${outputs.length <= 2 ? 'wide' : ''}`)}
${rejectsTable(report)}
<h2>Since the last run</h2>${changesTable(report)}
${section('Inputs', referenceRows === undefined ? '' : 'what drifts first', inputs, 'grid')}
<h2>How it was made</h2><div class="card">${facts(report)}</div>
<footer>Written by Millrace. The same figures are in <code>report.json</code> beside this page.</footer>
</main></body></html>
`;
};
