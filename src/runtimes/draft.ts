/** What first model.yamls have in common, whatever file they are written for. */

/** Up to so many columns of an output become fields of their own; past that it stays one tensor. */
export const MAX_COLUMNS = 32;
/** More labels than that are better kept in a file beside model.yaml. */
export const MAX_LABELS = 256;
export const MAX_NAME = 128;

const plainScalar = /^[A-Za-z_][A-Za-z0-9_. /-]*$/;
const reserved = new Set(['true', 'false', 'null', 'yes', 'no', 'on', 'off', 'y', 'n']);
export const yaml = (text: string): string =>
  plainScalar.test(text) && !text.endsWith(' ') && !reserved.has(text.toLowerCase()) ? text : JSON.stringify(text);

export const labelList = (labels: readonly string[]): string => `[${labels.map(yaml).join(', ')}]`;

const objectNames = new Set([...Object.getOwnPropertyNames(Object.prototype), 'prototype']);

/** Makes names that fields may have, none of them twice and none of `taken`. */
export const namer = (taken: Iterable<string>): ((wanted: string) => string) => {
  const given = new Set(taken);
  return (wanted) => {
    const base = wanted === '' || objectNames.has(wanted) ? `${wanted}_field` : wanted.slice(0, MAX_NAME - 8);
    let name = wanted.length <= MAX_NAME && base === wanted ? wanted : base;
    for (let count = 1; given.has(name); count++) name = `${base}_${count}`;
    given.add(name);
    return name;
  };
};
/** A field as it stands in model.yaml; it says whom it feeds or what it is read from where that has another name. */
export const fieldLine = (field: string, of: string, key: 'to' | 'from', settings: string, comment = ''): string =>
  `  ${yaml(field)}: { ${settings}${field === of ? '' : `, ${key}: ${yaml(of)}`} }${comment}`;
