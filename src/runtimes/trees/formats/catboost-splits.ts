/**
 * What trees of CatBoost ask: of its features each border and each category is a split, and they are numbered one after the
 * other: borders of numbers, then categories one by one, then borders of statistics.
 */
import { GT, MEMBER, MISSING_TRUE } from '../ensemble.ts';
import {
  type CategoryColumn,
  columnOf,
  oneHotHashes,
  type Texts,
  textsOf,
  withoutTexts,
} from './catboost-categories.ts';
import { type KnownAspect, keyOf, type Statistic, statisticOf, together } from './catboost-statistics.ts';
import type { ColumnTogether } from './catboost-together.ts';
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
  /** Statistics of several features, as columns behind those of the features. */
  readonly together: readonly ColumnTogether[];
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

const isTrueForMissing = (feature: JsonPart): boolean =>
  feature.has_nans === true && feature.nan_value_treatment === 'AsTrue';

const bordersOf = (feature: JsonPart): readonly Pick<Split, 'test' | 'border'>[] => {
  const test = isTrueForMissing(feature) ? GT | MISSING_TRUE : GT;
  return Array.from(numbersIn(feature, 'borders'), (border) => ({ test, border: Math.fround(border) }));
};

const placeIn = (places: CategoryColumn['places'], hash: number): number => places.get(hash) ?? 0;

/** A statistic, with what it is of. */
interface Counted extends Statistic {
  readonly elements: readonly JsonPart[];
  readonly borders: readonly number[];
}

/** The category that a statistic is of, where it is of one alone. */
const categoryOf = ({ elements }: Counted): number | undefined =>
  elements.length === 1 && isCategory(elements[0]) ? Number(elements[0].cat_feature_index) : undefined;
const isCategory = ({ combination_element }: JsonPart): boolean => combination_element === 'cat_feature_value';

/** By hash of a category: a statistic's value. @throws BAD_MODEL */
const valuesByHash = ({ values }: Counted, texts: Texts): ReadonlyMap<number, number> => {
  const byHash = new Map<number, number>();
  for (const hash of texts.keys()) {
    const value = values.get(keyOf(hash));
    if (value !== undefined) byHash.set(hash, value);
  }
  if (byHash.size !== values.size) throw withoutTexts();
  return byHash;
};

/** A feature that some tree asks for by its categories. */
interface Categorical {
  readonly index: number;
  readonly column: number;
  readonly hashes: readonly number[];
  readonly known: CategoryColumn;
  readonly feature: Feature;
}

const readCategorical = (part: JsonPart, counted: readonly Counted[], texts: Texts): readonly Categorical[] => {
  const [index, column, hashes] = [Number(part.feature_index), columnIn(part), oneHotHashes(part)];
  const own = counted.filter((one) => categoryOf(one) === index);
  const inOthers = counted.some(({ elements }) =>
    elements.some((element) => isCategory(element) && Number(element.cat_feature_index) === index),
  );
  // Tables of several features together do not say whose a text is.
  const found =
    own.length > 0 ? own.flatMap((one) => [...valuesByHash(one, texts).keys()]) : inOthers ? texts.keys() : [];
  const known = columnOf([...hashes, ...found], texts);
  // One that nobody asks for has categories that the file does not say: nothing could be made of them.
  if (known.categories.length === 0) return [];
  const name = nameOf(part, column);
  const { categories } = known;
  return [{ index, column, hashes, known, feature: { name, takes: 'category', others: 'allowed', categories } }];
};

/** All features of a file, and where they stand in a row. */
interface Columns {
  readonly numbers: readonly JsonPart[];
  readonly categorical: readonly Categorical[];
  readonly features: readonly Feature[];
  /** By the column of the file: that of the row. */
  readonly placeOf: ReadonlyMap<number, number>;
}

const columnsOf = (numbers: readonly JsonPart[], categorical: readonly Categorical[]): Columns => {
  const columns = new Map<number, Feature>();
  for (const feature of numbers) {
    const column = columnIn(feature);
    columns.set(column, { name: nameOf(feature, column), takes: 'number' });
  }
  for (const { column, feature } of categorical) columns.set(column, feature);
  const order = [...columns.keys()].sort((a, b) => a - b);
  return {
    numbers,
    categorical,
    features: order.flatMap((column) => columns.get(column) ?? []),
    placeOf: new Map(order.map((column, place) => [column, place])),
  };
};

/** What a statistic of several features looks at. @throws BAD_MODEL */
const elementOf = (part: JsonPart, { numbers, categorical, placeOf }: Columns): KnownAspect => {
  if (part.combination_element === 'float_feature') {
    const feature = numbers.find(({ feature_index }) => feature_index === part.float_feature_index);
    if (feature === undefined)
      throw refuse('a statistic is of a number', 'one that is there', part.float_feature_index);
    const column = placeOf.get(columnIn(feature)) ?? 0;
    const missing = Number(isTrueForMissing(feature));
    const border = Math.fround(Number(part.border));
    return { aspect: { column, count: 2, asks: 'border', border, missing }, values: [0, 1] };
  }
  const own = categorical.find(({ index }) => index === Number(part.cat_feature_index));
  if (own === undefined) throw refuse('a statistic is of a category', 'one that is there', part.cat_feature_index);
  const column = placeOf.get(own.column) ?? 0;
  if (isCategory(part)) {
    const values = [...own.known.places.keys()];
    return { aspect: { column, count: values.length, asks: 'category' }, values };
  }
  // A category that is not there equals none.
  const to = own.known.places.get(Number(part.value) | 0) ?? -1;
  return { aspect: { column, count: 2, asks: 'equal', to }, values: [0, 1] };
};

/** @throws BAD_MODEL */
export const readSplits = (info: JsonPart, data: JsonPart): Splits => {
  for (const kind of ['text_features', 'embedding_features'])
    if (partsIn(info, kind).length > 0) throw refuse(`it has ${kind}`, 'numbers and categories', kind);
  const texts = textsOf(info);
  const counted = partsIn(info, 'ctrs').map((ctr): Counted => {
    const elements = listIn(ctr, 'elements') as readonly JsonPart[];
    return { elements, borders: Array.from(numbersIn(ctr, 'borders'), Math.fround), ...statisticOf(ctr, data) };
  });
  const categorical = partsIn(info, 'categorical_features').flatMap((part) => readCategorical(part, counted, texts));
  const columns = columnsOf(partsIn(info, 'float_features'), categorical);
  const { features, numbers, placeOf } = columns;
  const ask = (column: number, test: number, border: number, set?: readonly number[]): Split => ({
    test,
    feature: placeOf.get(column) ?? 0,
    border,
    ...(set && { set }),
  });
  const derived: ColumnTogether[] = [];
  const statisticSplits = (one: Counted): readonly Split[] => {
    const { borders, elements, otherwise } = one;
    const own = categorical.find(({ index }) => index === categoryOf(one));
    if (own === undefined) {
      const column = together(
        elements.map((part) => elementOf(part, columns)),
        one,
      );
      const feature = features.length + derived.push(column) - 1;
      return borders.map((border) => ({ test: GT, feature, border }));
    }
    const byHash = valuesByHash(one, texts);
    return borders.map((border) => {
      const above = [...byHash].flatMap(([hash, value]) => (value > border ? placeIn(own.known.places, hash) : []));
      return ask(own.column, otherwise > border ? MEMBER | MISSING_TRUE : MEMBER, 0, above);
    });
  };
  const splits = [
    ...numbers.flatMap((feature) => bordersOf(feature).map(({ test, border }) => ask(columnIn(feature), test, border))),
    ...categorical.flatMap(({ column, hashes, known: { places } }) =>
      hashes.map((hash) => ask(column, MEMBER, 0, [placeIn(places, hash)])),
    ),
    ...counted.flatMap(statisticSplits),
  ];
  return { splits, features, together: derived };
};
