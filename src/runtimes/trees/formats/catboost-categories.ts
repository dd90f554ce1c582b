/**
 * Categories in CatBoost's files: trees know them by hashes alone. Which texts they stand for is there when the model was
 * saved with the data that it was trained on.
 */
import { fail } from '../../../core/errors.ts';
import { type JsonPart, partsOf } from './json-parts.ts';
import type { Category } from './tree-file.ts';

const { refuse, listIn, numbersIn, objectIn } = partsOf('CatBoost');
const f = Math.fround;

/** By its hash, a 32-bit integer with a sign: the text. */
export type Texts = ReadonlyMap<number, string>;

export const textsOf = (features: JsonPart): Texts => {
  const list = features.cat_features_hash == null ? [] : listIn(features, 'cat_features_hash');
  return new Map((list as readonly JsonPart[]).map((entry) => [Number(entry?.hash) | 0, String(entry?.value)]));
};

const MIX = 0x4906ba494954cb65n;
/** The hash of a projection on one feature: what its tables are keyed by. */
const projected = (hash: number): string => String(BigInt.asUintN(64, MIX * MIX * BigInt(hash)));

/** A statistic of the target for each category, and for one that was never seen. */
export interface Statistic {
  readonly byHash: ReadonlyMap<number, number>;
  readonly otherwise: number;
}

/** What a table counts for a category, as a pair: how often what is asked, and of how many. */
const countsOf = (type: string, values: readonly number[], border: number, denominator: number) => {
  const sum = (from: number): number => values.slice(from).reduce((total, value) => total + value, 0);
  if (type === 'Borders') return [sum(border + 1), sum(0)];
  if (type === 'Buckets') return [values[border] ?? 0, sum(0)];
  if (type === 'BinarizedTargetMeanValue' || type === 'FloatTargetMeanValue') return values;
  if (type === 'Counter' || type === 'FeatureFreq') return [values[0], denominator];
  throw refuse(`a statistic ${type} is not known`, 'Borders, Buckets, Counter or a mean', type);
};

/** The feature that a statistic is of; its hashes in the order of the file. @throws BAD_MODEL */
export const categoryOf = (ctr: JsonPart): number => {
  const elements = listIn(ctr, 'elements') as readonly JsonPart[];
  const [element] = elements;
  if (elements.length === 1 && element?.combination_element === 'cat_feature_value')
    return Number(element.cat_feature_index);
  throw fail('BAD_MODEL', 'The CatBoost model has statistics of several features together, which are not read.', {
    expected: 'one trained with max_ctr_complexity=1 (or one_hot_max_size above the number of categories)',
    got: `${elements.length} features`,
  });
};

/** @throws BAD_MODEL */
export const statisticOf = (ctr: JsonPart, data: JsonPart, texts: Texts): Statistic => {
  const table = objectIn(data, String(ctr.identifier));
  const type = String(ctr.ctr_type);
  const [stride, denominator, border] = [table.hash_stride, table.counter_denominator, ctr.target_border_idx].map(
    Number,
  );
  const entries = listIn(table, 'hash_map');
  if (!(Number.isInteger(stride) && stride >= 2 && entries.length % stride === 0))
    throw refuse(`a table of ${entries.length} values has rows of ${stride}`, 'whole rows', stride);
  const calculate = ([count, total]: readonly number[]): number => {
    const [above, below, shift, scale] = [ctr.prior_numerator, ctr.prior_denomerator, ctr.shift, ctr.scale].map(Number);
    return f(f(f(f(f(count) + f(above)) / f(f(total) + f(below))) + f(shift)) * f(scale));
  };
  const hashes = new Map([...texts.keys()].map((hash) => [projected(hash), hash]));
  const byHash = new Map<number, number>();
  for (let at = 0; at < entries.length; at += stride) {
    // An empty place of the library's own table.
    if (entries[at] === '18446744073709551615') continue;
    const hash = hashes.get(String(entries[at]));
    if (hash === undefined) throw withoutTexts();
    const values = entries.slice(at + 1, at + stride).map(Number);
    byHash.set(hash, calculate(countsOf(type, values, border, denominator)));
  }
  const otherwise = type === 'Counter' || type === 'FeatureFreq' ? [0, denominator] : [0, 0];
  return { byHash, otherwise: calculate(otherwise) };
};

const withoutTexts = () =>
  fail('BAD_MODEL', 'The CatBoost model has categories as hashes alone: it was saved without their texts.', {
    expected: 'model.save_model("model.json", format="json", pool=train_pool)',
    got: 'no pool, or another one',
  });

/** A feature's categories: in a column stand their places here. */
export interface CategoryColumn {
  readonly categories: readonly Category[];
  /** By hash: the place. */
  readonly places: ReadonlyMap<number, number>;
}

const integer = /^(?:0|-?[1-9]\d{0,14})$/;
/** Texts in their order; numbers, where all are integers. @throws BAD_MODEL */
export const columnOf = (hashes: Iterable<number>, texts: Texts): CategoryColumn => {
  const found = [...new Set(hashes)].map((hash) => {
    const text = texts.get(hash);
    if (text === undefined) throw withoutTexts();
    return { hash, text };
  });
  const areNumbers = found.every(({ text }) => integer.test(text));
  found.sort(({ text: a }, { text: b }) => (areNumbers ? Number(a) - Number(b) : a < b ? -1 : 1));
  return {
    categories: found.map(({ text }) => (areNumbers ? Number(text) : text)),
    places: new Map(found.map(({ hash }, place) => [hash, place])),
  };
};

/** Hashes of a feature's categories that trees ask for one by one. @throws BAD_MODEL */
export const oneHotHashes = (feature: JsonPart): readonly number[] =>
  feature.values === undefined ? [] : Array.from(numbersIn(feature, 'values'), (hash) => hash | 0);
