/** What LightGBM's objectives make of sums, in float64 as its own code does (src/objective, ConvertOutput). */
import { fail } from '../../../core/errors.ts';
import { refuse } from './lightgbm-text.ts';
import { firstGreatest, type Link, type Meaning, numbered, plain, sigmoid } from './link.ts';

const regression = ['regression', 'regression_l1', 'huber', 'fair', 'quantile', 'mape'];
const exponential = ['poisson', 'gamma', 'tweedie'];
const ranking = ['lambdarank', 'rank_xendcg'];

/**
 * @param line as it stands in the file: `binary sigmoid:1`; undefined for an objective of one's own, whose sums are answered
 * @throws BAD_MODEL for an objective that is not known
 */
export const objectiveOf = (line: string | undefined, targets: number): Meaning => {
  const [name, ...settings] = (line ?? 'custom').split(' ').filter((word) => word !== '');
  const setting = (wanted: string, unless: number): number => {
    const found = settings.find((one) => one.startsWith(`${wanted}:`));
    const value = found === undefined ? unless : Number(found.slice(wanted.length + 1));
    if (Number.isFinite(value)) return value;
    throw refuse(`its objective is ${line?.slice(0, 80)}`, `a number as ${wanted}`, found);
  };
  const all = (output: string, link: Link): Meaning => ({ output, link });
  if (name === 'custom') return all('margin', plain);
  const classes = name.startsWith('multiclass') ? setting('num_class', 1) : 1;
  if (targets !== classes) throw refuse(`${name} has ${targets} trees an iteration`, `${classes}`, targets);
  if (regression.includes(name))
    return all('prediction', settings.includes('sqrt') ? { kind: 'signed square' } : plain);
  if (exponential.includes(name)) return all('prediction', { kind: 'exp', exp: 'float64' });
  if (ranking.includes(name)) return all('score', plain);
  if (name === 'cross_entropy') return all('probability', sigmoid());
  if (name === 'cross_entropy_lambda') return all('prediction', { kind: 'softplus' });
  if (name === 'binary') {
    const label = { classes: numbered(2), choice: { by: 'answer' } } as const;
    return { ...all('probability', sigmoid(setting('sigmoid', 1))), label };
  }
  const label = firstGreatest(numbered(targets));
  if (name === 'multiclass') return { ...all('probability', { kind: 'softmax', exp: 'float64' }), label };
  if (name === 'multiclassova') return { ...all('probability', sigmoid(setting('sigmoid', 1))), label };
  throw fail('BAD_MODEL', `The objective ${name.slice(0, 80)} of LightGBM is not known.`, {
    expected: 'an objective of LightGBM itself, or the model as ONNX',
    got: name.slice(0, 80),
  });
};
