/**
 * Trees as constant tables and a loop that walks them: by node a value (a threshold, of a leaf its weight), what it tests, and where
 * the node stands that a row goes to if the test holds; the other stands behind that. 0 marks a leaf.
 */
import {
  type Ensemble,
  EQ,
  GT,
  GTE,
  LEAF,
  LEQ,
  LT,
  MEMBER,
  MISSING_TRUE,
  NAN_IS_ZERO,
  NEQ,
  ZERO_IS_MISSING,
} from '../../runtimes/trees/ensemble.ts';
import { NEARLY_ZERO } from '../../runtimes/trees/slots.ts';
import type { Draft } from './draft.ts';
import { notExportable } from './refuse.ts';
import { double } from './text.ts';

/** Whether `x` passes a test, by the test's kind: without and with MISSING_TRUE. NaN fails all of the first, passes all of the second. */
const conditions: Readonly<Record<number, readonly [string, string]>> = {
  [LEQ]: ['x <= v', '!(x > v)'],
  [LT]: ['x < v', '!(x >= v)'],
  [GTE]: ['x >= v', '!(x < v)'],
  [GT]: ['x > v', '!(x <= v)'],
  [EQ]: ['x == v', '!(x < v || x > v)'],
  [NEQ]: ['x < v || x > v', 'x != v'],
};

/** The bits of all sets, 32 to a word, and by set its first word; one more for the end. */
interface Sets {
  readonly starts: number[];
  readonly words: number[];
}

const addSet = ({ starts, words }: Sets, categories: ArrayLike<number>): number => {
  const bits: number[] = [];
  for (let at = 0; at < categories.length; at++) {
    const word = categories[at] >>> 5;
    while (bits.length <= word) bits.push(0);
    bits[word] = (bits[word] | (1 << (categories[at] & 31))) >>> 0;
  }
  words.push(...bits);
  return starts.push(words.length) - 2;
};

interface Nodes {
  readonly values: number[];
  readonly features: number[];
  readonly tests: number[];
  readonly nexts: number[];
  readonly roots: number[];
  readonly sets: Sets;
}

/** Every tree's nodes one behind the other; what two nodes lead to alike stands there once. */
const layOut = (ensemble: Ensemble): Nodes => {
  const { tests, features, values, yes, no, sets, roots } = ensemble;
  const nodes: Nodes = { values: [], features: [], tests: [], nexts: [], roots: [], sets: { starts: [0], words: [] } };
  const numbers = new Map<number, number>();
  const setOf = (node: number): number => {
    const found = numbers.get(node) ?? addSet(nodes.sets, sets?.get(node) ?? []);
    numbers.set(node, found);
    return found;
  };
  for (const root of roots) {
    const start = nodes.values.length;
    const pairs = new Map<number, number>();
    const waiting: (readonly [node: number, place: number])[] = [[root, start]];
    let free = start + 1;
    for (let top = waiting.pop(); top !== undefined; top = waiting.pop()) {
      const [node, place] = top;
      const test = tests[node];
      const isLeaf = (test & 7) === LEAF;
      const isNew = !isLeaf && !pairs.has(node);
      if (isNew) {
        pairs.set(node, free);
        waiting.push([no[node], free + 1], [yes[node], free]);
        free += 2;
      }
      nodes.values[place] = (test & 7) === MEMBER ? setOf(node) : values[node];
      nodes.tests[place] = isLeaf ? LEAF : test;
      nodes.features[place] = isLeaf ? 0 : features[node];
      nodes.nexts[place] = isLeaf ? 0 : (pairs.get(node) ?? 0) - start;
    }
    nodes.roots.push(start);
  }
  return nodes;
};

const unsigned = (values: readonly number[]): string => {
  let most = 0;
  for (const value of values) most = Math.max(most, value);
  return most < 256 ? 'uint8_t' : most < 65_536 ? 'uint16_t' : 'uint32_t';
};
export const integers = (draft: Draft, values: readonly number[]): string =>
  draft.table(unsigned(values), values.map(String));

/** Lines that make `x` what a test takes it for. */
const guise = (test: number): readonly string[] => [
  ...(test & NAN_IS_ZERO ? ['if (x != x) x = 0;'] : []),
  ...(test & ZERO_IS_MISSING ? [`if (fabs(x) <= ${double(NEARLY_ZERO)}) x = NAN;`] : []),
];

const memberCondition = (draft: Draft, test: number, { starts, words }: Sets): string => {
  const [start, bits] = [
    integers(draft, starts),
    draft.table('uint32_t', words.length === 0 ? ['0'] : words.map((word) => `${word}u`)),
  ];
  const member = draft.define(
    'member',
    (name) => `/* Whether a number, cut to an integer, is in a set. */
static int ${name}(double x, uint32_t set) {
  const double whole = trunc(x);
  uint32_t category;
  if (!(whole >= 0.0 && whole < 16777216.0)) return 0;
  category = (uint32_t)whole;
  if (category / 32 >= (uint32_t)(${start}[set + 1] - ${start}[set])) return 0;
  return (int)((${bits}[${start}[set] + category / 32] >> (category % 32)) & 1u);
}`,
  );
  const holds = `${member}(x, (uint32_t)v)`;
  return test & MISSING_TRUE ? `x != x || ${holds}` : holds;
};

/** The function that walks one tree down to a leaf. Returns its name, and the table of values. */
const writeWalk = (
  draft: Draft,
  ensemble: Ensemble,
  nodes: Nodes,
): readonly [walk: string, values: string, roots: string] => {
  const asked = [...new Set(nodes.tests.filter((test) => test !== LEAF))];
  const kinds = asked.length === 0 ? [LEQ] : asked;
  let bits = 0;
  while (1 << bits < kinds.length) bits++;
  const isFloat = nodes.values.every((value) => Math.fround(value) === value);
  const values = draft.numbers(isFloat ? 'float32' : 'float64', nodes.values);
  const what = integers(
    draft,
    nodes.features.map((feature, at) => feature * (1 << bits) + Math.max(0, kinds.indexOf(nodes.tests[at]))),
  );
  const nexts = integers(draft, nodes.nexts);
  const roots = integers(draft, nodes.roots);
  const conditionOf = (test: number): string => {
    const kind = test & 7;
    if (kind === MEMBER) return memberCondition(draft, test, nodes.sets);
    return conditions[kind][test & MISSING_TRUE ? 1 : 0];
  };
  const decide = (test: number): readonly string[] => [...guise(test), `holds = ${conditionOf(test)};`];
  const choice =
    kinds.length === 1
      ? kinds.flatMap(decide)
      : [
          `switch (${what}[root + at] & ${(1 << bits) - 1}) {`,
          ...kinds.flatMap((test, index) => [
            index === kinds.length - 1 ? '  default:' : `  case ${index}:`,
            ...decide(test).map((line) => `    ${line}`),
            '    break;',
          ]),
          '}',
        ];
  const type = ensemble.input === 'float32' ? 'float' : 'double';
  const walk = draft.define(
    'walk',
    (name) => `/* From a tree's root to a leaf. */
static uint32_t ${name}(const ${type} *row, uint32_t root) {
  uint32_t at = 0;
  while (${nexts}[root + at] != 0) {
    ${type} x = row[${what}[root + at]${bits === 0 ? '' : ` >> ${bits}`}];
    const ${isFloat ? 'float' : 'double'} v = ${values}[root + at];
    int holds;
${choice.map((line) => `    ${line}`).join('\n')}
    at = (uint32_t)${nexts}[root + at] + (holds ? 0u : 1u);
  }
  return root + at;
}`,
  );
  return [walk, values, roots];
};

/**
 * The sums of a row's leaves by target, in the order of the trees, each addition rounded as the runtime rounds it.
 * Returns the name of the array.
 *
 * @throws NOT_EXPORTABLE
 */
export const writeEnsemble = (draft: Draft, ensemble: Ensemble, row: string): string => {
  const { sum, aggregate, targets, firstTargets, width, weights, roots } = ensemble;
  const nodes = layOut(ensemble);
  if (nodes.values.length > 2 ** 24) throw notExportable(`${nodes.values.length} nodes`);
  const [walk, values, starts] = writeWalk(draft, ensemble, nodes);
  const type = sum === 'float32' ? 'float' : 'double';
  const sums = draft.fresh('sums');
  const initial = aggregate === 'sum' ? '0' : aggregate === 'min' ? 'INFINITY' : '-INFINITY';
  const isOne = firstTargets.every((target) => target === firstTargets[0]);
  const first = isOne ? `${firstTargets[0]}` : `${integers(draft, Array.from(firstTargets))}[tree]`;
  const add = (to: string, weight: string): string => {
    if (aggregate === 'sum') return `${to} += ${weight};`;
    return `if (${weight} ${aggregate === 'min' ? '<' : '>'} ${to}) ${to} = ${weight};`;
  };
  const leafWeights =
    weights &&
    draft.numbers(weights.every((weight) => Math.fround(weight) === weight) ? 'float32' : 'float64', weights);
  draft.line(
    `${type} ${sums}[${targets}];`,
    `for (int32_t target = 0; target < ${targets}; target++) ${sums}[target] = ${initial};`,
    `for (int32_t tree = 0; tree < ${roots.length}; tree++) {`,
    `  const uint32_t leaf = ${walk}(${row}, ${starts}[tree]);`,
    ...(leafWeights === undefined
      ? [`  ${add(`${sums}[${first}]`, `${values}[leaf]`)}`]
      : [
          `  const uint32_t place = (uint32_t)${values}[leaf];`,
          `  for (int32_t target = 0; target < ${width}; target++)`,
          `    ${add(`${sums}[${isOne && firstTargets[0] === 0 ? 'target' : `${first} + target`}]`, `${leafWeights}[place + (uint32_t)target]`)}`,
        ]),
    '}',
  );
  return sums;
};
