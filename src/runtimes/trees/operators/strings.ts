/** Operators on texts of opset 20: put together, split, held against a pattern. */
import type { MadeStep } from '../model.ts';
import { fullMatch } from '../pattern.ts';
import { batched, placed } from '../placed-values.ts';
import { unusual } from '../unusual.ts';
import { dense, type Known, type NodeValue } from '../values.ts';
import { combined, pair } from './broadcast.ts';
import { mapped } from './elementwise.ts';
import type { Operator, Operators } from './operator.ts';

/** Of a text that is put together: a graph may double it at every step. */
const MAX_LETTERS = 1 << 20;

const textsOf = (input: Known): Known => {
  if (input.dtype !== 'string') throw unusual(`texts made of ${input.dtype}`);
  return input;
};

const stringConcat: Operator = (_, inputs) => {
  const both = pair(inputs);
  textsOf(both[0]);
  return combined(both, 'string', (a: string, b: string) => {
    if (a.length + b.length > MAX_LETTERS) throw new Error(`A text of more than ${MAX_LETTERS} letters`);
    return a + b;
  });
};

const regexFullMatch: Operator = ({ attributes }, [given]) => {
  const matches = fullMatch(attributes.text('pattern', ''));
  return mapped(textsOf(placed(given)), 'bool', (text: string) => Number(matches(text)));
};

/** What stands between blanks, in at most `most` + 1 parts; no other white space counts. */
const words = (text: string, most: number): readonly string[] => {
  const parts: string[] = [];
  let end = text.length;
  while (end > 0 && text[end - 1] === ' ') end--;
  for (let at = 0; at < end; at++) {
    if (text[at] === ' ') continue;
    const blank = parts.length < most ? text.indexOf(' ', at) : -1;
    const to = blank === -1 || blank > end ? end : blank;
    parts.push(text.slice(at, to));
    at = to;
  }
  return parts;
};

/** A text in at most `most` + 1 parts. */
const splitter =
  (delimiter: string, most: number): ((text: string) => readonly string[]) =>
  (text) => {
    if (delimiter === '') return words(text, most);
    if (text === '') return [];
    const parts = text.split(delimiter);
    return parts.length <= most ? parts : [...parts.slice(0, most), parts.slice(most).join(delimiter)];
  };

/** Parts of each row's text, and how many they are. */
const stringSplit: Operator = ({ attributes }, [given]): MadeStep => {
  const { dims } = textsOf(batched(given));
  if (dims.length > 1 || (dims.length === 1 && dims[0] !== 1)) throw unusual('parts of more than one text a row');
  const most = attributes.has('maxsplit') ? attributes.int('maxsplit', 0) : Number.POSITIVE_INFINITY;
  if (most < 0) throw unusual('less than no splits');
  const split = splitter(attributes.text('delimiter', ''), most);
  return {
    outputs: [
      { dtype: 'string', dims: [...dims, null], padding: '' },
      { dtype: 'int64', dims },
    ],
    run([value], rows): readonly NodeValue[] {
      const lists = (dense(value).data as readonly string[]).map(split);
      const counts = BigInt64Array.from(lists, ({ length }) => BigInt(length));
      return [
        { dtype: 'string', dims: [rows], lists },
        { dtype: 'int64', dims: [rows, ...(dims as number[])], data: counts },
      ];
    },
  };
};

export const strings: Operators = {
  StringConcat: stringConcat,
  StringSplit: stringSplit,
  RegexFullMatch: regexFullMatch,
};
