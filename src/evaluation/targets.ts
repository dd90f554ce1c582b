/** What of a model is judged: which outputs, on which columns of truth, and as what. */
import { fail, showNames } from '../core/errors.ts';
import { isInstant, kindOf, labelsOf } from '../core/kinds/index.ts';
import type { Field, Manifest, OutputField } from '../core/types.ts';

/** The column of the one thing that a model predicts, or a column for each output. */
export type Truth = string | Readonly<Record<string, string>>;

export interface NumberTarget {
  readonly kind: 'numbers';
  readonly output: string;
  readonly truth: string;
  readonly unit?: string | undefined;
}

export interface LabelTarget {
  readonly kind: 'labels';
  /** How the target is called: its label's output, or that of its probability where it has no label. */
  readonly output: string;
  readonly truth: string;
  /** The output that holds a label. */
  readonly label?: string | undefined;
  /** Labels that are known beforehand; two of them where only a probability is told: false and true. */
  readonly labels: readonly string[];
  /** Outputs that hold probabilities, and the labels that they are of. */
  readonly probabilities: readonly { readonly output: string; readonly label: string }[];
  /** Of two labels. */
  readonly positive?: string | undefined;
  /** Truths are true or false, in any words for it. */
  readonly isBoolean: boolean;
}

export type EvaluationTarget = NumberTarget | LabelTarget;

export const booleanLabels: readonly string[] = ['false', 'true'];

const usage = (message: string, expected: string, got: string) => fail('USAGE', message, { expected, got });

const isLabel = (field: Field): boolean => kindOf(field).profile === 'labels';
const isNumber = (field: Field): boolean => {
  const kind = kindOf(field);
  return kind.column === 'number' && kind.isNumber === true && !isInstant(field);
};
const isWhole = (field: Field): boolean => {
  const kind = kindOf(field);
  return kind.column === 'number' && kind.isWhole === true;
};
const isBooleanField = (field: Field): boolean => isLabel(field) && kindOf(field).column === 'number';

/** A number from 0 to 1, or one whose name says so. */
const isProbability = ([name, field]: readonly [string, OutputField]): boolean =>
  isNumber(field) &&
  !isWhole(field) &&
  (('min' in field && field.min === 0 && field.max === 1) || /^prob/i.test(name) || /^prob/i.test(field.from ?? ''));

const unitOf = (field: Field): string | undefined => ('unit' in field ? field.unit : undefined);

interface Outputs {
  readonly labels: readonly string[];
  readonly probabilities: readonly (readonly [string, OutputField])[];
  readonly numbers: readonly string[];
}

const sorted = ({ outputs }: Manifest): Outputs => {
  const all = Object.entries(outputs);
  const probabilities = all.filter(isProbability);
  const others = all.filter(([, field]) => probabilities.every(([, one]) => one !== field));
  // An integer beside probabilities is a class.
  const isClass = (field: Field): boolean => isLabel(field) || (isWhole(field) && probabilities.length > 0);
  return {
    labels: others.filter(([, field]) => isClass(field)).map(([name]) => name),
    probabilities,
    numbers: others.filter(([, field]) => !isClass(field) && isNumber(field)).map(([name]) => name),
  };
};

/** The outputs that can be right or wrong by a figure. */
export const judgeableOutputs = (manifest: Manifest): readonly string[] => {
  const { labels, numbers, probabilities } = sorted(manifest);
  return [...labels, ...numbers, ...probabilities.map(([name]) => name)];
};

/** The label that a probability is of: by its name, by its column, or the second of two. */
const labelOf = ([name, { at }]: readonly [string, OutputField], labels: readonly string[], count: number): string => {
  const named = /^[^_]*_(.*)$/.exec(name)?.[1];
  if (named !== undefined && (labels.length === 0 || labels.includes(named))) return named;
  if (count === 1 && labels.length === 2) return labels[at ?? 1] ?? labels[1];
  return labels[at ?? 0] ?? String(at ?? name);
};

const labelTarget = (
  { outputs }: Manifest,
  { probabilities }: Outputs,
  { output, truth, label, positive }: Pick<LabelTarget, 'output' | 'truth' | 'label' | 'positive'>,
): LabelTarget => {
  const field = label === undefined ? undefined : outputs[label];
  const isBoolean = field === undefined ? true : isBooleanField(field);
  const own = isBoolean ? booleanLabels : field && labelsOf(field)?.all;
  // A class that is a number, and one probability: that of 1.
  const named = probabilities.map((one) => labelOf(one, [], probabilities.length));
  const known = own ?? (field !== undefined && isWhole(field) && named.length === 1 ? ['0', '1'] : named);
  const told = (field === undefined ? probabilities.filter(([name]) => name === output) : probabilities).map((one) => ({
    output: one[0],
    label: field === undefined ? 'true' : labelOf(one, known, probabilities.length),
  }));
  if (field !== undefined && positive !== undefined && known.length > 0 && !known.includes(positive))
    throw usage(`${output} has no label ${positive}.`, showNames(known), positive);
  const looked = told.length === 1 ? told[0].label : known[1];
  return {
    kind: 'labels',
    output,
    truth,
    ...(label !== undefined && { label }),
    labels: known,
    probabilities: told,
    ...(known.length === 2 && { positive: field === undefined ? 'true' : (positive ?? looked) }),
    isBoolean,
  };
};

/**
 * The targets of a model. `positive` is the label that is looked for, of two.
 *
 * @throws USAGE for an output that the model lacks, or where the column alone does not tell which is meant
 */
export const targetsOf = (manifest: Manifest, truth: Truth, positive?: string): readonly EvaluationTarget[] => {
  const found = sorted(manifest);
  const { labels, probabilities, numbers } = found;
  const targetFor = (output: string, column: string): EvaluationTarget => {
    if (!Object.hasOwn(manifest.outputs, output))
      throw usage(`${manifest.name} has no output ${output}.`, showNames(Object.keys(manifest.outputs)), output);
    if (numbers.includes(output)) {
      return { kind: 'numbers', output, truth: column, unit: unitOf(manifest.outputs[output]) };
    }
    if (labels.includes(output))
      return labelTarget(manifest, found, { output, truth: column, label: output, positive });
    if (probabilities.some(([name]) => name === output)) {
      const [label] = labels.length === 1 ? labels : [];
      return labelTarget(manifest, found, { output: label ?? output, truth: column, label, positive });
    }
    throw usage(
      `${output} is nothing that can be right or wrong by a figure.`,
      'a number, a label or a probability',
      output,
    );
  };
  if (typeof truth !== 'string') return Object.entries(truth).map(([output, column]) => targetFor(output, column));
  const [only, ...more] = [labels, numbers, probabilities.map(([name]) => name)].find((one) => one.length > 0) ?? [];
  const all = showNames(Object.keys(manifest.outputs));
  if (only === undefined)
    throw usage(`No output of ${manifest.name} can be judged: ${all}.`, 'a number or a label', all);
  if (more.length === 0 && (labels.length === 0 || numbers.length === 0)) return [targetFor(only, truth)];
  throw usage(
    `${manifest.name} has several outputs that ${truth} may be the truth of: say which.`,
    `--truth ${only}=${truth}`,
    all,
  );
};
