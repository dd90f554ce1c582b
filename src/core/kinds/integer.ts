/** A whole number within ±(2^53 − 1), so that a float64 has all its digits. */
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

export interface IntegerField extends NumericField {
  readonly kind: 'integer';
}

export const integer: NumberKind<IntegerField> = {
  ...numeric,
  describe: (field) => describeNumeric('an integer', field),
  sample: (field) => Math.ceil(withinRange(field, 1)),
  schema: (field) => numericSchema('integer', field),
  control: ({ min, max }) => ({ shape: 'line', reads: 'number', step: 1, min, max }),
  read: (field, complain, coerce) => readNumeric(field, complain, coerce, true),
  fits: (field, values) => allWithin(field, values, Number.MAX_SAFE_INTEGER) && values.every(Number.isInteger),
  isWhole: true,
  /** INT64 has no value for "missing"; every integer that is let through is exact in FP64. */
  protocol: {
    datatype: 'INT64',
    nullable: 'FP64',
    dtypes: ['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64'],
  },
  sqlType: 'BIGINT',
};
