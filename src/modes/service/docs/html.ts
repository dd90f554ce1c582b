/** HTML as text in which every value is escaped unless it is HTML itself. */

const mark = Symbol('html');
export interface Html {
  readonly [mark]: true;
  readonly text: string;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** HTML that is known to be safe. */
export const raw = (text: string): Html => ({ [mark]: true, text });

const textOf = (value: unknown): string => {
  if (value === undefined || value === null || value === false) return '';
  if (Array.isArray(value)) return value.map(textOf).join('');
  if (typeof value === 'object' && mark in value) return (value as Html).text;
  return String(value).replace(/[&<>"']/g, (sign) => entities[sign]);
};

/** A template of HTML; undefined, null and false leave nothing, arrays are joined. */
export const html = (strings: TemplateStringsArray, ...values: readonly unknown[]): Html =>
  raw(strings.reduce((text, part, at) => text + part + (at < values.length ? textOf(values[at]) : ''), ''));
