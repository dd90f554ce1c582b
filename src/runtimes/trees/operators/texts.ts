/**
 * From texts to counts of words: what converters make of vectorizers. Texts are changed code point by code point, as the C
 * library does it in the locale en_US.UTF-8, which need not be there.
 */
import type { MadeStep } from '../model.ts';
import { batched } from '../placed-values.ts';
import { unusual } from '../unusual.ts';
import { dense, type Known, type NodeValue, type TextLists } from '../values.ts';
import type { Operator, Operators } from './operator.ts';

const textsOf = (given: Known | undefined): Known => {
  const input = batched(given);
  if (input.dtype !== 'string') throw unusual(`texts made of ${input.dtype}`);
  return input;
};

const ASCII = /^[\0-\x7f]*$/;
/** Each code point alone. The one capital letter whose small one is two code points elsewhere is an i. */
const lowerCase = (text: string): string => {
  if (ASCII.test(text)) return text.toLowerCase();
  let made = '';
  for (const letter of text) made += letter === 'İ' ? 'i' : letter.toLowerCase();
  return made;
};

/** Of a column of texts, as a list that leaves nothing out. */
const stringNormalizer: Operator = ({ attributes }, [given]): MadeStep => {
  const { dims } = textsOf(given);
  if (dims.length !== 0) throw unusual('a StringNormalizer of more than one text a row');
  if (attributes.has('stopwords')) throw unusual('words that are left out, which moves others to their rows');
  if (!['en_US', 'en_US.UTF-8', 'C.UTF-8'].includes(attributes.text('locale', 'en_US')))
    throw unusual('texts in another locale than en_US');
  const action = attributes.text('case_change_action', 'NONE');
  if (action !== 'LOWER') throw unusual('texts in other letters than small ones');
  return {
    outputs: [{ dtype: 'string', dims }],
    run([value]) {
      const { data, dims: all } = dense(value);
      return [{ dtype: 'string', dims: all, data: (data as readonly string[]).map(lowerCase) }];
    },
  };
};

/** Letters, or classes of them, of which only the last may stand more than once: matched without going back. */
const SIMPLE = /^(?:(?:\[[\w -]+\]|\\[wd]|\w)){1,4}\+?$/;

const splitterOf = (pattern: string): ((text: string) => readonly string[]) => {
  if (pattern === '.') return (text) => [...text];
  if (!SIMPLE.test(pattern)) throw unusual('words by another pattern than a class of letters');
  const words = new RegExp(pattern, 'g');
  return (text) => text.match(words) ?? [];
};

const tokenizer: Operator = ({ attributes }, [given]): MadeStep => {
  const { dims } = textsOf(given);
  if (dims.length > 1 || (dims.length === 1 && dims[0] !== 1)) throw unusual('words of more than one text a row');
  if (attributes.int('mark', 0) !== 0 || attributes.int('mincharnum', 0) !== 1 || attributes.has('separators'))
    throw unusual('words with marks, a least length or separators');
  const split = splitterOf(attributes.text('tokenexp', ''));
  const known: Known = { dtype: 'string', dims: [...dims, null], padding: attributes.text('pad_value', '') };
  return {
    outputs: [known],
    run([value], rows): readonly NodeValue[] {
      const lists = (dense(value).data as readonly string[]).map(split);
      return [{ dtype: 'string', dims: [rows], lists }];
    },
  };
};

/** n-grams of a pool: what may follow what, and the column that counts what ends here, or -1. */
interface Gram {
  column: number;
  readonly next: Map<string, Gram>;
}
const gram = (): Gram => ({ column: -1, next: new Map() });

const readGrams = (
  pool: readonly string[],
  starts: Float64Array,
  columns: Float64Array,
  [least, most]: readonly [number, number],
): Gram => {
  const root = gram();
  let id = 0;
  for (let size = 1; size <= starts.length; size++) {
    const [from, to] = [starts[size - 1], starts[size] ?? pool.length];
    if (!(from >= 0 && to >= from && to <= pool.length && (to - from) % size === 0))
      throw unusual('a pool of n-grams that is none');
    for (let at = from; at < to; at += size, id++) {
      if (size < least || size > most) continue;
      let node = root;
      for (const word of pool.slice(at, at + size)) {
        const next = node.next.get(word) ?? gram();
        node.next.set(word, next);
        node = next;
      }
      if (node.column !== -1 || !(columns[id] >= 0)) throw unusual('an n-gram twice, or without a column');
      node.column = columns[id];
    }
  }
  return root;
};

/** How often each n-gram stands in a row's words. */
const tfIdfVectorizer: Operator = ({ attributes }, [given]): MadeStep => {
  if (given?.padding === undefined || given.dims.length !== 1) throw unusual('a TfIdfVectorizer of no list of words');
  if (attributes.text('mode', '') !== 'TF' || attributes.int('max_skip_count', 0) !== 0)
    throw unusual('n-grams with weights or gaps');
  const pool = attributes.texts('pool_strings');
  if (pool.length === 0 || pool.includes(given.padding)) throw unusual('n-grams of what fills up short rows');
  const columns = attributes.ints('ngram_indexes');
  const sizes = [attributes.int('min_gram_length', 0), attributes.int('max_gram_length', 0)] as const;
  if (!(sizes[0] >= 1 && sizes[1] >= sizes[0])) throw unusual('n-grams of no length');
  const root = readGrams(pool, attributes.ints('ngram_counts'), columns, sizes);
  const width = columns.reduce((most, column) => Math.max(most, column), -1) + 1;
  return {
    outputs: [{ dtype: 'float32', dims: [width], isSparse: true }],
    run([value], rows) {
      const { lists } = value as TextLists;
      const data = new Float32Array(rows * width);
      lists.forEach((words, row) => {
        for (let start = 0; start < words.length; start++) {
          let node: Gram | undefined = root;
          for (let at = start; at < words.length; at++) {
            node = node.next.get(words[at]);
            if (node === undefined) break;
            if (node.column !== -1) data[row * width + node.column]++;
          }
        }
      });
      return [{ dtype: 'float32', dims: [rows, width], data }];
    },
  };
};

export const texts: Operators = {
  StringNormalizer: stringNormalizer,
  'com.microsoft.Tokenizer': tokenizer,
  TfIdfVectorizer: tfIdfVectorizer,
};
