/** LightGBM's text, as it writes it: lines of `name=value`, first those of the model, then of each tree. */
import { damaged } from './json-parts.ts';

export type Section = ReadonlyMap<string, string>;

export interface LightgbmText {
  readonly head: Section;
  readonly trees: readonly Section[];
  /** Indices of the features that are categories, where the file says so: `3,4`. */
  readonly categorical: string | undefined;
  /** What pandas had for each of its columns of categories, in their order; JSON. */
  readonly categories: string | undefined;
}

export const refuse = damaged('LightGBM');

/** Versions before 2.2 go on with what features are worth. */
const ends = new Set(['end of trees', 'feature importances:', 'feature_importances:']);

/** @throws BAD_MODEL for what is cut off before its last tree ends */
export const readText = (text: string): LightgbmText => {
  const lines = text.split('\n');
  const head = new Map<string, string>();
  const trees: Map<string, string>[] = [];
  let section = head;
  let at = 0;
  for (; at < lines.length; at++) {
    const line = lines[at].trimEnd();
    if (ends.has(line)) break;
    if (line.startsWith('Tree=')) {
      section = new Map();
      trees.push(section);
    } else {
      const equals = line.indexOf('=');
      section.set(equals === -1 ? line : line.slice(0, equals), equals === -1 ? '' : line.slice(equals + 1));
    }
  }
  if (at === lines.length) throw refuse('its trees do not end', 'end of trees', 'the end of the file');
  const find = (start: string): string | undefined =>
    lines
      .slice(at)
      .find((line) => line.startsWith(start))
      ?.slice(start.length)
      .trim();
  return {
    head,
    trees,
    categorical: find('[categorical_feature:')?.replace(']', ''),
    categories: find('pandas_categorical:'),
  };
};

const words: ReadonlyMap<string, number> = new Map([
  ['inf', Infinity],
  ['-inf', -Infinity],
  ['nan', Number.NaN],
  ['-nan', Number.NaN],
]);
const numberOf = (word: string, name: string): number => {
  const value = Number(word);
  if (!Number.isNaN(value)) return value;
  const known = words.get(word);
  if (known === undefined) throw refuse(`${name} has something else than numbers`, 'a number', word);
  return known;
};

/** The numbers of a line; as many as are asked for, of which it may have more. @throws BAD_MODEL */
export const numbersIn = (section: Section, name: string, count: number): Float64Array => {
  const line = section.get(name);
  if (line === undefined) throw refuse(`${name} is not there`, `${count} numbers`, 'none');
  const found = line.split(' ').filter((word) => word !== '');
  if (found.length < count) throw refuse(`${name} has ${found.length} numbers`, `${count}`, found.length);
  return Float64Array.from(found, (word) => numberOf(word, name));
};

/** An integer from 0. @throws BAD_MODEL */
export const countIn = (section: Section, name: string, unless?: number): number => {
  const line = section.get(name);
  const value = line === undefined ? unless : numberOf(line, name);
  if (value === undefined || !Number.isSafeInteger(value) || value < 0)
    throw refuse(`${name} is ${line}`, 'an integer from 0', line);
  return value;
};
