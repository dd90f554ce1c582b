/** Columns side by side as the one feature tensor that many models take. */
import { allocate, dtypes, isFloat } from '../columns.ts';
import { elementWords, elementWriter } from '../elements.ts';
import type { Dtype } from '../types.ts';
import {
  badStep,
  nameSchema,
  need,
  needNumber,
  numbers,
  type StepKind,
  settingsSchema,
  stepProblem,
  strings,
} from './step.ts';

/**
 * A tensor of shape [rows, fields] in the order given. dtype is that of the graph input named `as` unless given.
 * Floats round to nearest, as NumPy's astype does. A missing number is NaN in a float tensor; every other dtype refuses
 * it, and numbers that it does not hold. dtype string takes texts.
 */
export const concat: StepKind = {
  schema: {
    description: 'Columns side by side as one tensor [rows, fields], in this order',
    ...settingsSchema(
      { fields: { type: 'array', items: nameSchema, minItems: 1 }, as: nameSchema, dtype: { enum: dtypes } },
      ['fields', 'as'],
    ),
  },
  compile(settings, context) {
    const { fields, as } = settings as { fields: readonly string[]; as: string };
    const spec = context.graph.get(as);
    const dtype = (settings.dtype ?? spec?.dtype ?? 'float32') as Dtype;
    const isText = dtype === 'string';
    for (const name of fields) {
      if (isText) need(context, name, 'string');
      else needNumber(context, name);
    }
    const width = spec?.dims[1];
    if (spec && spec.dims.length === 2 && typeof width === 'number' && width !== fields.length) {
      const message = `the model's input ${as} takes ${width} features, not ${fields.length}.`;
      throw badStep(context, as, message, `${width} fields`, `${fields.length} fields`);
    }
    const size = fields.length;
    const write = dtype === 'float32' || dtype === 'float64' ? undefined : elementWriter(dtype, isFloat(dtype));
    const expected = elementWords(dtype);
    return {
      as,
      type: 'tensor',
      tensor: { dtype, size },
      apply(batch) {
        const data = allocate(dtype, batch.rows * size);
        for (let at = 0; at < size; at++) {
          const name = fields[at];
          const column = isText ? strings(context, batch, name) : numbers(context, batch, name);
          if (write === undefined) {
            const target = data as Float32Array | Float64Array;
            const values = column as Float64Array;
            for (let row = 0, place = at; row < batch.rows; row++, place += size) target[place] = values[row];
          } else
            for (let row = 0, place = at; row < batch.rows; row++, place += size) {
              const value = column[row];
              if (write(value, data, place) === undefined) continue;
              const got = Number.isNaN(value) ? null : value;
              batch.refuse(row, stepProblem(context, name, expected, got));
            }
        }
        return { type: 'tensor', dtype, size, data };
      },
    };
  },
};
