/** `/docs`: what the models take and give, and a form for each to try it. One page, nothing loaded from elsewhere. */
import { createHash } from 'node:crypto';
import { sampleRow } from '../../../core/sample-row.ts';
import type { Fields } from '../../../core/types.ts';
import { toldJson } from '../../../text/exact-json.ts';
import { version } from '../../../version.ts';
import type { Card } from '../model.ts';
import { script } from './client.ts';
import { formFields } from './form.ts';
import { type Html, html, raw } from './html.ts';
import { style } from './style.ts';

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Nothing but this page's own style and script runs, and it speaks to this service alone. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src ${hash(style)}`,
  `script-src ${hash(script)}`,
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** JSON inside a script element, which only `<` could end. */
const embedded = (value: unknown): Html => raw(toldJson(value).replaceAll('<', '\\u003c'));

const unitsOf = (fields: Fields): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, field]) => ('unit' in field && field.unit ? [[name, field.unit]] : [])),
  );

const MOST_EXAMPLES = 50;

const modelSection = ({ name, version: own, digest, manifest, examples, loadMs, rowMs }: Card): Html => {
  const rows = examples.slice(0, MOST_EXAMPLES).map(({ input }) => input);
  const row = rows[0] ?? sampleRow(manifest.inputs);
  const { description, intendedUse, limitations, license } = manifest;
  const about = [intendedUse, limitations].flatMap((text) => (text ? [text.replace(/\.?$/, '.')] : [])).join(' ');
  return html`<section id="${name}" data-model="${name}" data-units="${JSON.stringify(unitsOf(manifest.outputs))}">
    <h2>${name} <small>${own}</small></h2>
    ${description && html`<p class="lead">${description}</p>`}
    ${about !== '' && html`<p class="facts">${about}</p>`}
    <p class="facts"><code>${digest.slice(0, 19)}</code>${license && ` · ${license}`} · loaded in ${loadMs.toFixed(0)} ms · one row takes ${rowMs < 1 ? `${(rowMs * 1000).toFixed(0)} µs` : `${rowMs.toFixed(1)} ms`}</p>
    <div class="try">
      <form class="card" novalidate>
        ${formFields(name, manifest.inputs, row)}
        <div class="act">
          <button>Predict</button>
          ${rows.length > 1 && html`<select class="examples" aria-label="Fill in an example">${rows.map((_, at) => html`<option value="${at}">Example ${at + 1}</option>`)}</select>`}
        </div>
      </form>
      <aside>
        <div class="card result" data-state="idle" aria-live="polite"><p>The prediction comes here.</p></div>
        <div class="card">
          <details open><summary>Request</summary><pre class="sent"></pre></details>
          <details><summary>Answer</summary><pre class="answered">Nothing yet.</pre></details>
        </div>
      </aside>
    </div>
    <script type="application/json">${embedded(rows)}</script>
  </section>`;
};

const ICON =
  "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><circle cx='8' cy='8' r='5' fill='none' stroke='%230f6b62' stroke-width='3'/></svg>";

/** The page for these models; the first of a name is the one that its address answers with. */
export const docsPage = (cards: readonly Card[], { hasMetrics }: { readonly hasMetrics: boolean }): string => {
  const first = [...new Map(cards.toReversed().map((card) => [card.name, card])).values()].reverse();
  return html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${first.map(({ name }) => name).join(', ') || 'No models'} · Millrace</title>
  <link rel="icon" href="${raw(ICON)}">
  <style>${raw(style)}</style>
</head>
<body>
  <header>
    <h1>Millrace</h1><span class="light" role="status">…</span>
    <nav>${first.length > 1 && first.map(({ name }) => html`<a href="#${name}">${name}</a>`)}<a href="/openapi.json">OpenAPI</a>${hasMetrics && html`<a href="/metrics">Metrics</a>`}</nav>
  </header>
  <main>
    ${first.map(modelSection)}
    ${first.length === 0 && html`<p class="none">No model is loaded here.</p>`}
    <p class="facts">Millrace ${version()}. Rows go to <code>POST /predict/{model}</code>; tensors, as the Open Inference Protocol has them, to <code>POST /v2/models/{model}/infer</code>.</p>
  </main>
  <script>${raw(script)}</script>
</body>
</html>
`.text;
};
