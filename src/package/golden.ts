/** The golden examples: what the library that trained the model answers, held against what the package answers. */
import { fail, type Problem } from '../core/errors.ts';
import type { Example, Manifest, Scorer, Tolerance, Value } from '../core/types.ts';

/** Unless `tolerance` says otherwise: float32 arithmetic against a library that sums in float64. */
export const defaultTolerance: Tolerance = { atol: 1e-6, rtol: 1e-5 };

export interface Deviation {
  /** Index of the example. */
  readonly example: number;
  readonly field: string;
  readonly expected: unknown;
  readonly got: unknown;
  /** |got − expected| of numbers. */
  readonly difference?: number;
  readonly allowed?: number;
  readonly problem?: Problem;
}

/** As a row of a table has it, counted from 1. */
export interface RowDeviation extends Omit<Deviation, 'example'> {
  readonly row: number;
}

/** How many times what is allowed; what is no number is off without measure. */
const excess = ({ difference, allowed = 0 }: RowDeviation): number =>
  difference === undefined ? Number.POSITIVE_INFINITY : difference / Math.max(allowed, Number.EPSILON);

/** Whether one is further off than the other; of equals, the earlier row is. */
export const isFurther = (a: RowDeviation, b: RowDeviation): boolean =>
  excess(a) === excess(b) ? a.row < b.row : excess(a) > excess(b);

const isNumeric = (value: unknown): value is number | bigint => typeof value === 'number' || typeof value === 'bigint';

/**
 * |got − expected| ≤ atol + rtol × |expected|, element by element; anything but numbers must be equal, and so must two
 * integers past 2^53.
 */
export const deviates = (
  got: unknown,
  expected: unknown,
  { atol, rtol }: Tolerance,
): { difference?: number; allowed?: number } | undefined => {
  if (Array.isArray(expected)) {
    if (!Array.isArray(got) || got.length !== expected.length) return {};
    for (let index = 0; index < expected.length; index++) {
      const off = deviates(got[index], expected[index], { atol, rtol });
      if (off) return off;
    }
    return undefined;
  }
  if (typeof got === 'bigint' && typeof expected === 'bigint') return got === expected ? undefined : {};
  if (isNumeric(got) && isNumeric(expected)) {
    const difference = Math.abs(Number(got) - Number(expected));
    const allowed = atol + rtol * Math.abs(Number(expected));
    return difference <= allowed ? undefined : { difference, allowed };
  }
  return Object.is(got, expected) ? undefined : {};
};

/** Scores every example and lists what is off; an empty list means that all hold. */
export const checkExamples = async (scorer: Scorer, examples: readonly Example[]): Promise<readonly Deviation[]> => {
  const answers = await scorer.score(examples.map(({ input }) => input));
  return answers.flatMap(({ output, error }, index): readonly Deviation[] => {
    const example = examples[index];
    const tolerance = toleranceOf(scorer.manifest, example);
    if (error)
      return [
        { example: index, field: error.field ?? '', expected: example.output, got: error.message, problem: error },
      ];
    return Object.entries(example.output).flatMap(([field, expected]) => {
      const got: Value | undefined = Object.hasOwn(output, field) ? output[field] : undefined;
      const off = deviates(got, expected, tolerance);
      return off ? [{ example: index, field, expected, got, ...off }] : [];
    });
  });
};

/** @throws EXAMPLE_OFF when a golden example gets another answer than it should */
export const requireGolden = async (scorer: Scorer, examples: readonly Example[]): Promise<void> => {
  const [off] = await checkExamples(scorer, examples);
  if (off === undefined) return;
  const { name, version } = scorer.manifest;
  const place = `example ${off.example}${off.field && `, ${off.field}`}`;
  const [expected, got] = [String(off.expected), String(off.got)];
  throw fail('EXAMPLE_OFF', `${name}@${version} is not put to work: ${place}: expected ${expected}, got ${got}.`, {
    field: off.field,
    expected,
    got,
  });
};

/**
 * The first example that is answered otherwise alone than among the others, or undefined. A graph does that when it mixes
 * the rows of its batch, as one exported for a single row may.
 */
export const firstMixed = async (scorer: Scorer, examples: readonly Example[]): Promise<number | undefined> => {
  const together = await scorer.score(examples.map(({ input }) => input));
  for (const [index, { input }] of examples.entries()) {
    const [alone] = await scorer.score([input]);
    if (!isSame(alone.output, together[index].output)) return index;
  }
  return undefined;
};

/** The same to the last bit. */
const isSame = (a: unknown, b: unknown): boolean => {
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return Object.is(a, b);
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => isSame((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]))
  );
};

export const toleranceOf = ({ tolerance }: Manifest, example?: Partial<Tolerance>): Tolerance => ({
  atol: example?.atol ?? tolerance?.atol ?? defaultTolerance.atol,
  rtol: example?.rtol ?? tolerance?.rtol ?? defaultTolerance.rtol,
});
