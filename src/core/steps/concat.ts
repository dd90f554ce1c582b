/** Numbers side by side as the one feature tensor that many models take. */
import { allocate } from '../columns.ts';
import { fail } from '../errors.ts';
import type { Dtype, TensorData } from '../types.ts';
import { nameSchema, need, numbers, type StepKind, settingsSchema } from './step.ts';

const dtypes = ['float32', 'float64', 'int32', 'int64'] as const;

/**
 * A tensor of shape [rows, fields] in the order given. dtype is that of the graph input named `as` unless given.
 * float32 rounds to nearest, as NumPy's astype does. A missing value is NaN; an integer dtype refuses it.
 */
export const concat: StepKind = {
  schema: {
    description: 'Numbers side by side as one tensor [rows, fields], in this order',
    ...settingsSchema(
      { fields: { type: 'array', items: nameSchema, minItems: 1 }, as: nameSchema, dtype: { enum: dtypes } },
      ['fields', 'as'],
    ),
  },
  compile(settings, context) {
    const { fields, as } = settings as { fields: readonly string[]; as: string };
    const spec = context.graph.get(as);
    const dtype = (settings.dtype ?? spec?.dtype ?? 'float32') as Dtype;
    for (const name of fields) need(context, name, 'number');
    const width = spec?.dims[1];
    if (spec && spec.dims.length === 2 && typeof width === 'number' && width !== fields.length) {
      throw fail(
        'BAD_MANIFEST',
        `${context.label}: the model's input ${as} takes ${width} features, not ${fields.length}.`,
        {
          step: context.label,
          field: as,
          expected: `${width} fields`,
          got: `${fields.length} fields`,
        },
      );
    }
    const size = fields.length;
    const whole = dtype === 'int32' || dtype === 'int64';
    const fits = dtype === 'int32' ? (value: number) => value === (value | 0) : Number.isSafeInteger;
    return {
      as,
      type: 'tensor',
      tensor: { dtype, size },
      apply(batch) {
        const columns = fields.map((name) => numbers(context, batch, name));
        const data = allocate(dtype, batch.rows * size);
        if (whole) {
          for (let at = 0; at < size; at++) {
            const column = columns[at];
            for (let row = 0; row < batch.rows; row++) {
              const value = column[row];
              if (!fits(value)) {
                const got = Number.isNaN(value) ? 'missing' : String(value);
                const message = `${context.label}: ${fields[at]}: expected an ${dtype} integer, got ${got}.`;
                batch.refuse(row, {
                  code: 'STEP_FAILED',
                  step: context.label,
                  field: fields[at],
                  expected: `an ${dtype} integer`,
                  got,
                  message,
                });
              } else if (data instanceof BigInt64Array) data[row * size + at] = BigInt(value);
              else (data as Int32Array)[row * size + at] = value;
            }
          }
        } else {
          const target = data as Float32Array | Float64Array;
          for (let at = 0; at < size; at++) {
            const column = columns[at];
            for (let row = 0, place = at; row < batch.rows; row++, place += size) target[place] = column[row];
          }
        }
        return { type: 'tensor', dtype, size, data: data as TensorData };
      },
    };
  },
};
