/** Whether the names that a row or table has are those of the fields. */
import type { Batch } from './columns.ts';
import type { Row } from './data.ts';
import { type Problem, show, showNames } from './errors.ts';
import type { Fields } from './kinds/index.ts';
import { misspellingOf, remembering } from './nearest.ts';
import { slipFinder } from './slips.ts';
import { unknownRow } from './unknown-row.ts';

export interface NameRules {
  readonly extraFields: 'ignore' | 'reject';
  /** What becomes of a row that has none of the fields. */
  readonly strangers: 'allow' | 'reject';
}

export interface NameCheck {
  /** Refuses one row of a batch for names that are not right. */
  row(value: Row, row: number, batch: Batch): void;
  /** Refuses all rows of a batch for names of its table that are not right. */
  table(columns: Readonly<Record<string, unknown>>, batch: Batch): void;
}

export const createNameCheck = (fields: Fields, { extraFields, strangers }: NameRules): NameCheck => {
  const names = Object.keys(fields);
  const known = new Set(names);
  const refusesStrangers = strangers === 'reject' && names.length > 0;
  const refusesExtra = extraFields === 'reject';
  const slipOf = slipFinder(fields);
  const isUnknown = (name: string): boolean => !known.has(name);
  const unknownField = remembering((name): Problem => {
    const near = misspellingOf(name, names);
    const hint = near === undefined ? '' : ` Did you mean ${near}?`;
    const message = `${show(name)} is not a field of this model.${hint}`;
    return { code: 'UNKNOWN_FIELD', field: name, expected: `only ${showNames(names)}`, got: name, message };
  });
  const hasNone = (row: Row): boolean => {
    for (const name of names) if (row[name] !== undefined || name in row) return false;
    return refusesStrangers;
  };
  const refuseAll = (batch: Batch, problem: Problem): void => {
    for (let row = 0; row < batch.rows; row++) batch.refuse(row, problem);
  };
  return {
    row(value, row, batch) {
      const slip = slipOf(
        (name) => value[name] !== undefined,
        () => Object.keys(value),
      );
      if (slip !== undefined) batch.refuse(row, slip);
      if (hasNone(value)) batch.refuse(row, unknownRow('The row', Object.keys(value), names));
      const extra = refusesExtra ? Object.keys(value).find(isUnknown) : undefined;
      if (extra !== undefined) batch.refuse(row, unknownField(extra));
    },
    table(columns, batch) {
      const slip = slipOf(
        (name) => Object.hasOwn(columns, name),
        () => Object.keys(columns),
      );
      if (slip !== undefined) refuseAll(batch, slip);
      if (refusesStrangers && !names.some((name) => Object.hasOwn(columns, name)))
        refuseAll(batch, unknownRow('The table', Object.keys(columns), names));
      const extra = refusesExtra ? Object.keys(columns).find(isUnknown) : undefined;
      if (extra !== undefined) refuseAll(batch, unknownField(extra));
    },
  };
};
