/** Whether a table has the columns that a model needs. */
import { fail } from '../core/errors.ts';
import { misspellingOf, nearest } from '../core/nearest.ts';
import type { Manifest } from '../core/types.ts';
import { unknownRow } from '../core/unknown-row.ts';
import type { TableChunk } from './table.ts';
import { elementColumns } from './tensor-cells.ts';

/** One error beats a reject for every row: a table without a field that every row must have cannot be what was meant. @throws BAD_FILE */
export const refuseColumns = (manifest: Manifest, input: string, { types }: Pick<TableChunk, 'types'>): void => {
  const have = Object.keys(types);
  const has = (column: string): boolean => Object.hasOwn(types, column);
  const elements = elementColumns(manifest.inputs, has);
  const isElement = new Set([...elements.values()].flat());
  const unknown = have.filter((name) => !Object.hasOwn(manifest.inputs, name) && !isElement.has(name));
  const [extra] = unknown;
  if (manifest.extraFields === 'reject' && extra !== undefined) {
    const expected = `only ${Object.keys(manifest.inputs).join(', ')}`;
    throw fail(
      'BAD_FILE',
      `${input} has a column ${extra}, and ${manifest.name} refuses fields that it does not know.`,
      {
        field: extra,
        expected,
        got: extra,
      },
    );
  }
  for (const [name, field] of Object.entries(manifest.inputs)) {
    if (has(name) || elements.has(name)) continue;
    const near = field.nullable ? unknown.find((other) => misspellingOf(other, [name])) : nearest(name, have);
    if (field.nullable && near === undefined) continue;
    const hint = near ? ` Is it ${near}?${field.nullable ? ` If not, add ${name} as an empty column.` : ''}` : '';
    throw fail('BAD_FILE', `${input} has no column ${name}, which ${manifest.name} needs.${hint}`, {
      field: name,
      expected: `a column ${name}`,
      got: have.length > 20 ? `${have.slice(0, 20).join(', ')} and ${have.length - 20} more` : have.join(', '),
    });
  }
  const names = Object.keys(manifest.inputs);
  if (unknown.length === have.length && names.length > 0) {
    const { message, ...rest } = unknownRow(input, have, names);
    throw fail('BAD_FILE', message, rest);
  }
};
