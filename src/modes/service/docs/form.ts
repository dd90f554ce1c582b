/** A form for a row, made from the signature; `client.ts` reads it back by the `data-` attributes set here. */

import { describe } from '../../../core/kinds/index.ts';
import type { Field, Fields } from '../../../core/types.ts';
import { toldJson } from '../../../text/exact-json.ts';
import { type Html, html } from './html.ts';

/** A select holds so many labels; more of them are suggestions for a text. */
const mostOptions = 12;

const shown = (value: unknown): string =>
  value === null || value === undefined ? '' : typeof value === 'object' ? toldJson(value) : String(value);

const options = (values: readonly string[], chosen: string, nullable: boolean | undefined): Html => html`
  ${nullable && html`<option value="">not known</option>`}
  ${values.map((value) => html`<option ${value === chosen && 'selected'}>${value}</option>`)}`;

const control = (id: string, field: Field, value: unknown): Html => {
  const text = shown(value);
  switch (field.kind) {
    case 'number':
    case 'integer':
      return html`<input id="${id}" type="number" inputmode="decimal" value="${text}"
        step="${field.kind === 'integer' ? '1' : 'any'}"
        ${field.min !== undefined && html`min="${field.min}"`} ${field.max !== undefined && html`max="${field.max}"`}>`;
    case 'boolean':
      return html`<select id="${id}">${options(['true', 'false'], text, field.nullable)}</select>`;
    case 'category': {
      const { labels, unknown, nullable } = field;
      if (labels === undefined) return html`<input id="${id}" type="text" value="${text}">`;
      if (unknown !== 'allow' || labels.length <= mostOptions) {
        const all = labels.includes(text) || text === '' ? labels : [text, ...labels];
        return html`<select id="${id}">${options(all, text, nullable)}</select>`;
      }
      return html`<input id="${id}" type="text" value="${text}" list="${id}-labels" autocomplete="off">
        <datalist id="${id}-labels">${labels.map((label) => html`<option>${label}</option>`)}</datalist>`;
    }
    case 'tensor':
      return html`<textarea id="${id}" rows="4" spellcheck="false">${text}</textarea>`;
    default:
      return html`<input id="${id}" type="text" value="${text}">`;
  }
};

const kindNote = (field: Field): string => {
  if ('unit' in field && field.unit !== undefined) return field.unit;
  if (field.kind === 'tensor') return `${field.dtype} [${field.shape.join(' × ')}]`;
  return field.kind;
};

/** What is worth saying of a field below its kind and unit. */
const hint = (field: Field): string => {
  const { description, nullable } = field;
  const known = field.kind === 'category' && field.labels && field.unknown === 'allow';
  const wish = known ? `one of ${field.labels.length} known, or another` : describe(field).replace(/ or null$/, '');
  const plain = ['a number', 'an integer', 'true or false', 'a category (text)'].includes(wish);
  return [description, plain ? undefined : wish, nullable && 'may be left empty'].filter(Boolean).join('; ');
};

/** One labelled control a field, with the values of `row` in them. */
export const formFields = (model: string, fields: Fields, row: Readonly<Record<string, unknown>>): Html =>
  html`${Object.entries(fields).map(([name, field]) => {
    const id = `${model}--${name}`;
    return html`<div class="field" data-field="${name}" data-kind="${field.kind}">
    <label for="${id}">${name} <small>${kindNote(field)}${!field.nullable && html`<b title="required"> *</b>`}</small></label>
    ${control(id, field, row[name])}
    <p class="hint">${hint(field)}</p>
    <p class="problem" role="alert" hidden></p>
  </div>`;
  })}`;
