/** A number: a float64. */
import type { NumberKind } from './kind.ts';
import {
  allWithin,
  describeNumeric,
  type NumericField,
  numeric,
  numericSchema,
  readNumeric,
  withinRange,
} from './numeric.ts';

export interface NumberField extends NumericField {
  readonly kind: 'number';
}

export const number: NumberKind<NumberField> = {
  ...numeric,
  describe: (field) => describeNumeric('a number', field),
  sample: (field) => withinRange(field, 1),
  schema: (field) => numericSchema('number', field),
  control: ({ min, max }) => ({ shape: 'line', reads: 'number', step: 'any', min, max }),
  read: (field, complain, coerce) => readNumeric(field, complain, coerce, false),
  fits: (field, values) => allWithin(field, values, Number.MAX_VALUE),
  protocol: { datatype: 'FP64', dtypes: ['float32', 'float64'] },
  sqlType: 'DOUBLE',
};
