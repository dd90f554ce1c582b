/** Steps over numbers. A missing value (NaN) stays missing through all of them but `impute`. */
import type { Column } from '../columns.ts';
import { fail } from '../errors.ts';
import { parseNumeral } from '../field.ts';
import {
  mapNumbers,
  nameSchema,
  need,
  needNumber,
  numbers,
  type StepKind,
  scalars,
  settingsSchema,
  stepProblem,
  strings,
} from './step.ts';

/** ln(1 + x), accurate near 0 (ECMAScript Math.log1p). Needs x > −1. */
export const log1p: StepKind = {
  schema: {
    description: 'ln(1 + x); x must be above −1',
    ...settingsSchema({ of: nameSchema, as: nameSchema }, ['of']),
  },
  compile(settings, context) {
    const { of, as = of } = settings as { of: string; as?: string };
    needNumber(context, of);
    return mapNumbers(context, of, as, (value) =>
      value <= -1 ? stepProblem(context, of, 'a number above -1', value) : Math.log1p(value),
    );
  },
};

export const clip: StepKind = {
  schema: {
    description: 'No less than min, no more than max',
    ...settingsSchema({ of: nameSchema, as: nameSchema, min: { type: 'number' }, max: { type: 'number' } }, ['of']),
  },
  compile(settings, context) {
    const {
      of,
      as = of,
      min = -Infinity,
      max = Infinity,
    } = settings as { of: string; as?: string; min?: number; max?: number };
    if (settings.min === undefined && settings.max === undefined)
      throw fail('BAD_MANIFEST', `${context.label}: neither min nor max is given.`, {
        step: context.label,
        expected: 'min, max or both',
        got: 'neither',
      });
    if (min > max)
      throw fail('BAD_MANIFEST', `${context.label}: min ${min} is above max ${max}.`, { step: context.label });
    needNumber(context, of);
    return mapNumbers(context, of, as, (value) => Math.min(Math.max(value, min), max));
  },
};

/** (x − mean) / std, in float64. */
export const scale: StepKind = {
  schema: {
    description: '(x − mean) / std',
    ...settingsSchema(
      { of: nameSchema, as: nameSchema, mean: { type: 'number' }, std: { type: 'number', exclusiveMinimum: 0 } },
      ['of', 'mean', 'std'],
    ),
  },
  compile(settings, context) {
    const { of, as = of, mean, std } = settings as { of: string; as?: string; mean: number; std: number };
    needNumber(context, of);
    return mapNumbers(context, of, as, (value) => {
      const scaled = (value - mean) / std;
      return Math.abs(scaled) === Infinity
        ? stepProblem(context, of, 'a number that is finite when scaled', value)
        : scaled;
    });
  },
};

export const impute: StepKind = {
  schema: {
    description: 'A value in place of a missing one',
    ...settingsSchema({ of: nameSchema, as: nameSchema, with: { type: ['number', 'string', 'boolean'] } }, [
      'of',
      'with',
    ]),
  },
  compile(settings, context) {
    const { of, as = of } = settings as { of: string; as?: string };
    const text = typeof settings.with === 'string';
    need(context, of, text ? 'string' : 'number');
    const value = Number(settings.with);
    return {
      as,
      type: text ? 'string' : 'number',
      apply(batch): Column {
        if (text) {
          return {
            type: 'string',
            values: strings(context, batch, of).map((known) => known ?? (settings.with as string)),
          };
        }
        return {
          type: 'number',
          values: numbers(context, batch, of).map((known) => (Number.isNaN(known) ? value : known)),
        };
      },
    };
  },
};

const casts = ['number', 'integer', 'boolean', 'text'] as const;

/** A number out of a text: a decimal numeral, or for a boolean true or false. Blank is missing. */
const parse = (text: string, isBoolean: boolean): number | undefined => {
  const trimmed = text.trim();
  if (trimmed === '') return Number.NaN;
  if (isBoolean && /^(?:true|false)$/i.test(trimmed)) return Number(trimmed.toLowerCase() === 'true');
  const number = parseNumeral(trimmed);
  return Number.isFinite(number) ? number : undefined;
};

/**
 * To another type. number ← text by its decimal numeral; integer cuts the fraction; boolean is 0 for 0 and 1 for all else;
 * text ← number by ECMAScript's shortest round-trip form ("1", "0.1"); a boolean counts as 0 or 1.
 */
export const cast: StepKind = {
  schema: {
    description: 'To number, integer, boolean or text',
    ...settingsSchema({ of: nameSchema, as: nameSchema, to: { enum: casts } }, ['of', 'to']),
  },
  compile(settings, context) {
    const { of, as = of, to } = settings as { of: string; as?: string; to: (typeof casts)[number] };
    need(context, of, 'number', 'string');
    const convert = (value: number): number =>
      to === 'integer' ? Math.trunc(value) : to === 'boolean' && !Number.isNaN(value) ? Number(value !== 0) : value;
    if (to === 'text') {
      return {
        as,
        type: 'string',
        apply: (batch) => ({
          type: 'string',
          values: scalars(context, batch, of).map((value) => (value === null ? null : String(value))),
        }),
      };
    }
    return {
      as,
      type: 'number',
      apply(batch) {
        const input = scalars(context, batch, of);
        const values = new Float64Array(batch.rows);
        for (let row = 0; row < batch.rows; row++) {
          const value = input[row];
          const number = typeof value === 'string' ? parse(value, to === 'boolean') : (value ?? Number.NaN);
          if (number === undefined) batch.refuse(row, stepProblem(context, of, 'a numeral', value));
          else values[row] = convert(number);
        }
        return { type: 'number', values };
      },
    };
  },
};
