/** What a prediction loses once its truth is known, of what users say that versions are compared by: less is better. */
import { type Code, fail } from '../../core/errors.ts';
import { isChanged } from './changed.ts';

type Values = Readonly<Record<string, unknown>>;

/** Of one prediction; undefined where one of the two has no value that could be compared. */
export type RowLoss = (output: Values, truth: Values) => number | undefined;

const distance = (field: string, of: (apart: number) => number): RowLoss => {
  return (output, truth) => {
    const [one, other] = [output[field], truth[field]];
    if (typeof one !== 'number' || typeof other !== 'number') return undefined;
    const loss = of(one - other);
    return Number.isFinite(loss) ? loss : undefined;
  };
};

/** By the names that metrics have; what is wrong is bounded by itself. */
const losses: Readonly<Record<string, (field: string) => RowLoss>> = {
  absolute_error: (field) => distance(field, Math.abs),
  squared_error: (field) => distance(field, (apart) => apart * apart),
  wrong: (field) => (output, truth) => {
    if (output[field] === undefined || truth[field] === undefined || truth[field] === null) return undefined;
    return Number(isChanged(truth[field], output[field]));
  },
};

const METRIC = /^([a-z_]+)\(([^()]+)\)$/;

export interface LossMetric {
  /** The output whose truth is told. */
  readonly field: string;
  readonly lossOf: RowLoss;
  /** What a loss never exceeds; undefined where nothing bounds it. */
  readonly most: number | undefined;
}

/** @throws `code` for what names no metric */
export const parseMetric = (text: string, code: Code): LossMetric => {
  const [, name = '', field = ''] = METRIC.exec(text.trim()) ?? [];
  if (!Object.hasOwn(losses, name)) {
    const expected = Object.keys(losses)
      .map((one) => `${one}(output)`)
      .join(', ');
    throw fail(code, `'${text}' is nothing that versions are compared by`, { expected, got: text });
  }
  const own = field.trim();
  return { field: own, lossOf: losses[name](own), most: name === 'wrong' ? 1 : undefined };
};
