/** A form for a row, made from the signature; `client.ts` reads it back by the `data-` attributes set here. */

import { controlOf, kindOf, tensorOf } from '../../../core/kinds/index.ts';
import type { FormControl } from '../../../core/kinds/kind.ts';
import type { Field, Fields } from '../../../core/types.ts';
import { toldJson } from '../../../text/exact-json.ts';
import { type Html, html } from './html.ts';

/** A select holds so many options, if others are allowed too; more of them are suggestions for a text. */
const MAX_OPTIONS = 12;

const shown = (value: unknown): string =>
  value === null || value === undefined ? '' : typeof value === 'object' ? toldJson(value) : String(value);

const optionsOf = (values: readonly string[], chosen: string, nullable: boolean | undefined): Html => html`
  ${nullable && html`<option value="">not known</option>`}
  ${values.map((value) => html`<option ${value === chosen && 'selected'}>${value}</option>`)}`;

const lineOf = (id: string, { reads, step, min, max }: FormControl, text: string): Html =>
  reads === 'number'
    ? html`<input id="${id}" type="number" inputmode="decimal" value="${text}" step="${step ?? 'any'}"
        ${min !== undefined && html`min="${min}"`} ${max !== undefined && html`max="${max}"`}>`
    : html`<input id="${id}" type="text" value="${text}">`;

const choiceOf = (
  id: string,
  { options = [], isOpen }: FormControl,
  text: string,
  nullable: boolean | undefined,
): Html => {
  if (isOpen && options.length > MAX_OPTIONS) {
    return html`<input id="${id}" type="text" value="${text}" list="${id}-labels" autocomplete="off">
      <datalist id="${id}-labels">${options.map((label) => html`<option>${label}</option>`)}</datalist>`;
  }
  const all = options.includes(text) || text === '' ? options : [text, ...options];
  return html`<select id="${id}">${optionsOf(all, text, nullable)}</select>`;
};

const controlHtml = (id: string, control: FormControl, text: string, nullable: boolean | undefined): Html => {
  if (control.shape === 'choice') return choiceOf(id, control, text, nullable);
  if (control.shape === 'line') return lineOf(id, control, text);
  return html`<textarea id="${id}" rows="4" spellcheck="false">${text}</textarea>`;
};

const kindNote = (field: Field): string => {
  if ('unit' in field && field.unit !== undefined) return field.unit;
  const tensor = tensorOf(field);
  return tensor ? `${tensor.dtype} [${tensor.shape.join(' × ')}]` : field.kind;
};

/** What is worth saying of a field below its kind and unit. */
const hint = (field: Field, { options = [], isOpen }: FormControl): string => {
  const { description, nullable } = field;
  const wish = isOpen ? `one of ${options.length} known, or another` : kindOf(field).describe(field);
  const plain = ['a number', 'an integer', 'true or false', 'a category (text)'].includes(wish);
  return [description, plain ? undefined : wish, nullable && 'may be left empty'].filter(Boolean).join('; ');
};

/** One labelled control a field, with the values of `row` in them. */
export const formFields = (model: string, fields: Fields, row: Readonly<Record<string, unknown>>): Html =>
  html`${Object.entries(fields).map(([name, field]) => {
    const id = `${model}--${name}`;
    const control = controlOf(field);
    return html`<div class="field" data-field="${name}" data-reads="${control.reads}">
    <label for="${id}">${name} <small>${kindNote(field)}${!field.nullable && html`<b title="required"> *</b>`}</small></label>
    ${controlHtml(id, control, shown(row[name]), field.nullable)}
    <p class="hint">${hint(field, control)}</p>
    <p class="problem" role="alert" hidden></p>
  </div>`;
  })}`;
