/** A diff as one HTML page, without anything from elsewhere. */
import { escapeHtml } from '../drawing/charts.ts';
import { css } from '../drawing/page.css.ts';
import type { Diff } from './diff.ts';
import { type DiffSection, sectionsOf } from './sections.ts';

const cell = (value: string | number | undefined): string =>
  typeof value === 'number' ? `<td class="n">${value}</td>` : `<td>${escapeHtml(value ?? '')}</td>`;

const table = ({ lines }: DiffSection): string => {
  const [first] = lines;
  if (first === undefined) return '';
  const names = Object.keys(first);
  const head = names.map(
    (name) => `<th${typeof first[name] === 'number' ? ' class="n"' : ''}>${escapeHtml(name)}</th>`,
  );
  const rows = lines.map((line) => `<tr>${names.map((name) => cell(line[name])).join('')}</tr>`);
  return `<div class="card scroll"><table><thead><tr>${head.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
};

const sectionHtml = (section: DiffSection): string => {
  const sentence = escapeHtml(section.sentence);
  const told = section.isMarked ? `<p class="alert">${sentence}</p>` : `<p class="soft">${sentence}</p>`;
  return `<h2>${escapeHtml(section.title)}</h2>${told}${table(section)}`;
};

export const diffPage = (diff: Diff): string => {
  const [before, now] = diff.versions;
  const title = `${before.ref} and ${now.ref}`;
  const scope = diff.same ? 'the same package, bit for bit' : 'the second beside the first';
  const facts = diff.versions.map(
    ({ ref, version, digest }) =>
      `<dt>${escapeHtml(ref)}</dt><dd>${escapeHtml(version)} <code>${escapeHtml(digest)}</code></dd>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escapeHtml(title)} · Millrace</title><style>${css}</style></head>
<body><main>
<header><div><h1>${escapeHtml(title)}</h1><p class="scope">${scope}</p></div></header>
${sectionsOf(diff).map(sectionHtml).join('\n')}
<h2>What was looked at</h2><div class="card"><dl class="facts">${facts.join('')}</dl></div>
<footer>Written by Millrace. <code>--json</code> has the same for programs.</footer>
</main></body></html>
`;
};
