/** All operators of the own runtime, at hand at once. */
import { arithmetics } from './arithmetic.ts';
import { columnarOperators } from './columnar.ts';
import { identity } from './identity.ts';
import { lookups } from './lookups.ts';
import type { Operators } from './operator.ts';
import { rareOperators } from './rare.ts';
import { rectifier } from './rectifier.ts';
import { scoredTrees } from './scored-trees.ts';
import { strings } from './strings.ts';
import { supportVectors } from './support-vectors.ts';
import { texts } from './texts.ts';
import { treeEnsemble } from './tree-ensemble.ts';
import { trees } from './trees.ts';
import { weightedOperators } from './weighted.ts';

export const everyOperator: Operators = {
  ...trees,
  ...scoredTrees,
  ...treeEnsemble,
  ...identity,
  ...columnarOperators,
  ...lookups,
  ...rectifier,
  ...arithmetics,
  ...weightedOperators,
  ...rareOperators,
  ...supportVectors,
  ...texts,
  ...strings,
};
