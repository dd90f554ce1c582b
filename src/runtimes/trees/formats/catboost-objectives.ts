/** What CatBoost's loss functions make of sums, as `predict` of its estimators does (libs/eval_result, eval_processing.h). */
import { fail } from '../../../core/errors.ts';
import { firstGreatest, type Link, type Meaning, numbered, plain, sigmoid } from './link.ts';

export interface Classes {
  /** As the file has them; none where the target was a probability. */
  readonly names: readonly unknown[];
  /** How probable the second of two must be at least, where somebody has set it. */
  readonly threshold: number | undefined;
}

const probabilities = ['Logloss', 'CrossEntropy', 'Focal'];
const manyProbabilities = ['MultiLogloss', 'MultiCrossEntropy'];
const exponential = ['Poisson', 'Tweedie'];
const ranking = /^(?:YetiRank|PairLogit|Query|Stochastic|LambdaMart|GroupQuantile)/;
const regression =
  /^(?:RMSE|MAE|MAPE|Quantile|MultiQuantile|LogLinQuantile|Expectile|Huber|LogCosh|Lq|MultiRMSE|MultiRMSEWithMissingValues|SurvivalAft|Cox)$/;

const labelsOf = (names: readonly unknown[]): readonly string[] | readonly bigint[] =>
  names.every(Number.isSafeInteger) ? names.map((name) => BigInt(name as number)) : names.map(String);

/**
 * @param name of a loss function; undefined where the file has none, whose sums are answered
 * @throws BAD_MODEL for one that is not known
 */
export const objectiveOf = (name: string | undefined, targets: number, { names, threshold }: Classes): Meaning => {
  const all = (output: string, link: Link): Meaning => ({ output, link });
  // One's own has no link that anybody could know.
  if (name === undefined || name.startsWith('PythonUserDefined')) return all('margin', plain);
  if (exponential.includes(name)) return all('prediction', { kind: 'exp', exp: 'quick' });
  if (ranking.test(name)) return all('score', plain);
  if (regression.test(name)) return all('prediction', plain);
  if (manyProbabilities.includes(name)) return all('probability', sigmoid());
  if (probabilities.includes(name) && targets === 1) {
    if (names.length !== 2) return all('probability', sigmoid());
    const border = threshold === undefined ? 0 : -Math.log(1 / threshold - 1);
    return { ...all('probability', sigmoid()), label: { classes: labelsOf(names), choice: { by: 'sum', border } } };
  }
  const label = firstGreatest(names.length === targets ? labelsOf(names) : numbered(targets));
  if (name === 'MultiClass') return { ...all('probability', { kind: 'softmax', exp: 'quick' }), label };
  if (name === 'MultiClassOneVsAll') return { ...all('probability', sigmoid()), label };
  if (name === 'RMSEWithUncertainty' && targets === 2) return all('prediction', { kind: 'mean and variance' });
  throw fail('BAD_MODEL', `The loss function ${name.slice(0, 80)} of CatBoost is not known.`, {
    expected: 'a loss function of CatBoost itself, or the model as ONNX',
    got: name.slice(0, 80),
  });
};
