/** Steps over categories and texts. */
import type { Column } from '../columns.ts';
import { fail } from '../errors.ts';
import { nameSchema, need, type StepKind, scalars, settingsSchema, strings } from './step.ts';

/** Texts side by side: missing when one of them is. */
export const join: StepKind = {
  schema: {
    description: 'Several texts as one',
    ...settingsSchema(
      { fields: { type: 'array', items: nameSchema, minItems: 2 }, with: { type: 'string' }, as: nameSchema },
      ['fields', 'as'],
    ),
  },
  compile(settings, context) {
    const { fields, as, with: between = '' } = settings as { fields: string[]; as: string; with?: string };
    for (const name of fields) need(context, name, 'string');
    return {
      as,
      type: 'string',
      apply(batch) {
        const columns = fields.map((name) => strings(context, batch, name));
        const values = new Array<string | null>(batch.rows);
        for (let row = 0; row < batch.rows; row++) {
          let text = columns[0][row];
          for (let index = 1; index < columns.length && text !== null; index++) {
            const next = columns[index][row];
            text = next === null ? null : text + between + next;
          }
          values[row] = text;
        }
        return { type: 'string', values };
      },
    };
  },
};

/** A value for each key of a table. Keys are texts, or numbers as ECMAScript writes them (a boolean is 0 or 1). */
export const lookup: StepKind = {
  schema: {
    description: 'A value for each key of a table; `default` for keys outside it and for missing ones',
    ...settingsSchema(
      {
        of: nameSchema,
        as: nameSchema,
        table: { type: 'object', minProperties: 1, additionalProperties: { type: ['number', 'string'] } },
        default: { type: ['number', 'string', 'null'] },
      },
      ['of', 'table'],
    ),
  },
  compile(settings, context) {
    const { of, as = of } = settings as { of: string; as?: string };
    need(context, of, 'string', 'number');
    const table = new Map(Object.entries(settings.table as Record<string, number | string>));
    const otherwise = (settings.default ?? null) as number | string | null;
    const kinds = new Set(
      [...table.values(), otherwise].filter((value) => value !== null).map((value) => typeof value),
    );
    if (kinds.size > 1) {
      throw fail('BAD_MANIFEST', `${context.label}: the table gives numbers and texts; it must give one kind.`, {
        step: context.label,
        expected: 'all numbers or all texts, the default included',
        got: 'both',
      });
    }
    const text = kinds.has('string');
    return {
      as,
      type: text ? 'string' : 'number',
      apply(batch): Column {
        const keys = scalars(context, batch, of);
        const find = (key: number | string | null) =>
          key === null ? otherwise : (table.get(String(key)) ?? otherwise);
        if (text) return { type: 'string', values: keys.map((key) => find(key) as string | null) };
        return { type: 'number', values: Float64Array.from(keys, (key) => (find(key) as number | null) ?? Number.NaN) };
      },
    };
  },
};
