/**
 * Models as XGBoost saves them, `.json` and `.ubj`: boosters gbtree and dart. Answers are `Booster.predict`'s: all is float32, a
 * row's sum begins with the base score's margin, and trees are added in their order (src/predictor/cpu_predictor.cc).
 * The form is described in https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html.
 */
import { fail } from '../../../core/errors.ts';
import { type JsonPart, type Numbers, partsOf } from './json-parts.ts';
import type { Feature, SumSource, TreeFile, TreeFormat } from './tree-file.ts';
import { withSteps } from './tree-steps.ts';
import { readUbjson } from './ubjson.ts';
import { objectiveOf } from './xgboost-objectives.ts';
import { parameter, readEnsemble, readLinear, treesOf } from './xgboost-trees.ts';

const f = Math.fround;
const LIBRARY = 'XGBoost';

const { refuse, objectIn, listIn } = partsOf(LIBRARY);

/** Of text as it was, of 3.1 a list of them: `5E-1`, `[5E-1]`. */
const baseScores = (value: unknown): readonly number[] => {
  const scores = String(value ?? '0.5')
    .replace(/^\[|\]$/g, '')
    .split(',')
    .map(Number);
  if (!scores.every(Number.isFinite)) throw refuse('base_score is no number', 'a number', value);
  return scores.map(f);
};

const decoder = new TextDecoder();
const MAX_ASCII = 127;
/**
 * XGBoost 3.1 and 3.2 count characters where they keep bytes, so that all texts from the first one beyond ASCII on are cut in
 * other places, and the last ones are gone. What is left may well look like texts.
 */
const CUT = 'XGBoost has cut those that are not ASCII: let millrace_export.py write this file (docs/PYTHON.md)';

type Known = Pick<Feature, 'categories' | 'unknownSince'>;

/** The categories of a feature, where the file has them (from 3.1 on): texts lie as one run of bytes, integers as they are. */
const categoriesOf = (encoding: unknown): Known => {
  const { offsets, values } = (encoding ?? {}) as { readonly offsets?: Numbers; readonly values?: Numbers };
  if (values === undefined || values.length === 0) return {};
  if (offsets === undefined) return { categories: Array.from(values) };
  const bytes = Uint8Array.from(values);
  if (bytes.some((byte) => byte > MAX_ASCII)) return { unknownSince: CUT };
  const text = decoder.decode(bytes);
  return {
    categories: Array.from({ length: Math.max(0, offsets.length - 1) }, (_, index) =>
      text.slice(offsets[index], offsets[index + 1]),
    ),
  };
};

const featuresOf = (learner: JsonPart, booster: JsonPart, count: number): readonly Feature[] => {
  const names = learner.feature_names === undefined ? [] : listIn(learner, 'feature_names');
  const types = learner.feature_types === undefined ? [] : listIn(learner, 'feature_types');
  const model = objectIn(booster.name === 'dart' ? objectIn(booster, 'gbtree') : booster, 'model');
  const encodings = model.cats === undefined ? [] : listIn(objectIn(model, 'cats'), 'enc');
  for (const [what, list] of [
    ['feature_names', names],
    ['feature_types', types],
  ] as const)
    if (list.length !== 0 && list.length !== count)
      throw refuse(`${what} names ${list.length} features`, `${count}`, list.length);
  return Array.from({ length: count }, (_, index) => {
    const type = types[index];
    return {
      name: names.length === 0 ? `f${index}` : String(names[index]),
      takes: type === 'c' ? 'category' : type === 'i' ? 'boolean' : type === 'int' ? 'integer' : 'number',
      ...(type === 'c' && categoriesOf(encodings[index])),
    };
  });
};

/** XGBoost writes numbers that JSON has not. A text may look like one of them. */
const beyondJson = /"(?:[^"\\]|\\.)*"|-?(?:NaN|Infinity)/g;
const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    const written = (part: string): string =>
      part.startsWith('"') ? part : part.endsWith('NaN') ? 'null' : part.replace('Infinity', '1e999');
    return JSON.parse(text.replace(beyondJson, written));
  }
};

const parse = (file: Uint8Array): JsonPart => {
  const isBinary = !isText(file);
  let value: unknown;
  try {
    value = isBinary ? readUbjson(file) : parseJson(decoder.decode(file));
  } catch (cause) {
    if (isBinary) throw cause;
    throw fail('BAD_MODEL', 'The XGBoost model is no JSON: it is cut off or damaged.', { expected: 'JSON', cause });
  }
  return objectIn({ model: value } as JsonPart, 'model');
};

/** UBJSON says the length of the first name behind the brace, JSON goes on with a quote. */
const isText = (file: Uint8Array): boolean => /^\s*\{\s*["}]/.test(decoder.decode(file.subarray(0, 64)));

/** The beginnings of what XGBoost writes: an object whose first name is `learner` or `version`. */
const matches = (file: Uint8Array): boolean => {
  const start = decoder.decode(file.subarray(0, 256));
  if (/^\s*\{\s*"(?:learner|version)"\s*:/.test(start)) return start.includes('learner') || start.includes('version');
  return /^\{(?:#[\s\S]{2,9})?[iUIlL][\s\S]{1,8}?(?:learner|version)/.test(start);
};

/** @throws BAD_MODEL for what is damaged, or is none of the models above */
const read = (file: Uint8Array): TreeFile => {
  const learner = objectIn(parse(file), 'learner');
  const param = objectIn(learner, 'learner_model_param');
  const features = parameter(param, 'num_feature', 0);
  const targets = Math.max(1, parameter(param, 'num_class', 0), parameter(param, 'num_target', 1));
  const booster = objectIn(learner, 'gradient_booster');
  const name = String(objectIn(learner, 'objective').name);
  const objective = objectiveOf(name, targets);
  const base = baseScores(param.base_score);
  if (base.length !== 1 && base.length !== targets)
    throw refuse(`there are ${base.length} base scores`, `1 or ${targets}`, base.length);
  const margins = Array.from({ length: targets }, (_, target) => objective.margin(base[target] ?? base[0]));
  if (!margins.every(Number.isFinite)) throw refuse('base_score is out of range', `one of ${name}`, param.base_score);
  const sums: SumSource =
    booster.name === 'gblinear'
      ? { of: 'linear model', linear: readLinear(booster, features, margins) }
      : { of: 'trees', ensemble: readEnsemble(learner, treesOf(booster), margins, features) };
  const { output, link, label } = objective;
  return withSteps(
    {
      library: LIBRARY,
      objective: name,
      features: featuresOf(learner, booster, features),
      input: 'float32',
      sums,
      output,
      answer: { width: targets, dtype: 'float32', link, ...(label && { label }) },
    },
    {},
  );
};

export const xgboost: TreeFormat = { library: LIBRARY, endings: ['.json', '.ubj'], matches, read };
