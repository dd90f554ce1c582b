/**
 * What trees of CatBoost ask: of its features each border and each category is a split, and they are numbered one after the
 * other: borders of numbers, then categories one by one, then borders of statistics.
 */
import { GT, MEMBER, MISSING_TRUE } from '../ensemble.ts';
import {
  type CategoryColumn,
  categoryOf,
  columnOf,
  oneHotHashes,
  statisticOf,
  textsOf,
} from './catboost-categories.ts';
import { type JsonPart, partsOf } from './json-parts.ts';
import type { Feature } from './tree-file.ts';

const { refuse, listIn, numbersIn } = partsOf('CatBoost');

export interface Split {
  readonly test: number;
  /** The column. */
  readonly feature: number;
  readonly border: number;
  readonly set?: readonly number[];
}

export interface Splits {
  readonly splits: readonly Split[];
  /** In the order of the columns. */
  readonly features: readonly Feature[];
}

const MAX_FEATURES = 1 << 20;

const nameOf = (feature: JsonPart, column: number): string => {
  const name = String(feature.feature_name ?? feature.feature_id ?? '');
  return /^\d*$/.test(name) ? `f${name === '' ? column : name}` : name;
};

const partsIn = (features: JsonPart, name: string): readonly JsonPart[] =>
  features[name] === undefined ? [] : (listIn(features, name) as readonly JsonPart[]);

const columnIn = (feature: JsonPart): number => {
  const column = Number(feature?.flat_feature_index);
  if (!(Number.isInteger(column) && column >= 0 && column < MAX_FEATURES))
    throw refuse(`a feature stands in column ${column}`, `0 … ${MAX_FEATURES - 1}`, column);
  return column;
};

const bordersOf = (feature: JsonPart): readonly Pick<Split, 'test' | 'border'>[] => {
  const test = feature.has_nans === true && feature.nan_value_treatment === 'AsTrue' ? GT | MISSING_TRUE : GT;
  return Array.from(numbersIn(feature, 'borders'), (border) => ({ test, border: Math.fround(border) }));
};

const placeIn = (places: CategoryColumn['places'], hash: number): number => places.get(hash) ?? 0;

/** A feature that some tree asks for by its categories. */
interface Categorical {
  readonly index: number;
  readonly column: number;
  readonly hashes: readonly number[];
  readonly places: CategoryColumn['places'];
  readonly feature: Feature;
}

/** @throws BAD_MODEL */
export const readSplits = (info: JsonPart, data: JsonPart): Splits => {
  for (const kind of ['text_features', 'embedding_features'])
    if (partsIn(info, kind).length > 0) throw refuse(`it has ${kind}`, 'numbers and categories', kind);
  const numbers = partsIn(info, 'float_features');
  const texts = textsOf(info);
  const statistics = partsIn(info, 'ctrs').map((ctr) => {
    const of = categoryOf(ctr);
    return { of, borders: Array.from(numbersIn(ctr, 'borders'), Math.fround), ...statisticOf(ctr, data, texts) };
  });
  const categorical = partsIn(info, 'categorical_features').flatMap((feature): readonly Categorical[] => {
    const [index, column, hashes] = [Number(feature.feature_index), columnIn(feature), oneHotHashes(feature)];
    const counted = statistics.filter(({ of }) => of === index).flatMap(({ byHash }) => [...byHash.keys()]);
    const { categories, places } = columnOf([...hashes, ...counted], texts);
    // One that nobody asks for has categories that the file does not say: nothing could be made of them.
    if (categories.length === 0) return [];
    const name = nameOf(feature, column);
    return [{ index, column, hashes, places, feature: { name, takes: 'category', others: 'allowed', categories } }];
  });
  const columns = new Map<number, Feature>();
  for (const feature of numbers) {
    const column = columnIn(feature);
    columns.set(column, { name: nameOf(feature, column), takes: 'number' });
  }
  for (const { column, feature } of categorical) columns.set(column, feature);
  const order = [...columns.keys()].sort((a, b) => a - b);
  const placeOf = new Map(order.map((column, place) => [column, place]));
  const ask = (column: number, test: number, border: number, set?: readonly number[]): Split => ({
    test,
    feature: placeOf.get(column) ?? 0,
    border,
    ...(set && { set }),
  });
  const splits = [
    ...numbers.flatMap((feature) => bordersOf(feature).map(({ test, border }) => ask(columnIn(feature), test, border))),
    ...categorical.flatMap(({ column, hashes, places }) =>
      hashes.map((hash) => ask(column, MEMBER, 0, [placeIn(places, hash)])),
    ),
    ...statistics.flatMap(({ of, borders, byHash, otherwise }) => {
      const own = categorical.find(({ index }) => index === of);
      if (own === undefined) throw refuse(`a statistic is of category ${of}`, 'one that is there', of);
      return borders.map((border) => {
        const above = [...byHash].flatMap(([hash, value]) => (value > border ? placeIn(own.places, hash) : []));
        return ask(own.column, otherwise > border ? MEMBER | MISSING_TRUE : MEMBER, 0, above);
      });
    }),
  ];
  return { splits, features: order.flatMap((column) => columns.get(column) ?? []) };
};
