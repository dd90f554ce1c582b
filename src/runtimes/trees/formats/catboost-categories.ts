/**
 * Categories in CatBoost's files: trees know them by hashes alone. Which texts they stand for is there when the model was
 * saved with the data that it was trained on.
 */
import { fail } from '../../../core/errors.ts';
import { type JsonPart, partsOf } from './json-parts.ts';
import type { Category } from './tree-file.ts';

const { listIn, numbersIn } = partsOf('CatBoost');

/** By its hash, a 32-bit integer with a sign: the text. */
export type Texts = ReadonlyMap<number, string>;

export const textsOf = (features: JsonPart): Texts => {
  const list = features.cat_features_hash == null ? [] : listIn(features, 'cat_features_hash');
  return new Map((list as readonly JsonPart[]).map((entry) => [Number(entry?.hash) | 0, String(entry?.value)]));
};

export const withoutTexts = () =>
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
