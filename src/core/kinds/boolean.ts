/** True or false; 1 or 0 in a column. */
import { isBlank, missing } from '../field.ts';
import type { FieldBase, NumberKind } from './kind.ts';
import { nullable, orNull } from './schemas.ts';

export interface BooleanField extends FieldBase {
  readonly kind: 'boolean';
}

const truth = (number: number): boolean | number => (number === 0 ? false : number === 1 ? true : number);

export const boolean: NumberKind<BooleanField> = {
  column: 'number',
  settings: { properties: { nullable } },
  describe: () => 'true or false',
  sample: () => true,
  schema: ({ nullable }) => ({ type: orNull('boolean', nullable) }),
  control: () => ({ shape: 'choice', reads: 'boolean', options: ['true', 'false'] }),
  read:
    ({ nullable }, complain, coerce) =>
    (value) => {
      if (value === true) return 1;
      if (value === false) return 0;
      if (value === undefined || value === null || Number.isNaN(value)) return missing(nullable, value, complain);
      if (!coerce || (typeof value !== 'string' && typeof value !== 'number')) return complain('WRONG_TYPE', value);
      if (isBlank(value)) return missing(nullable, value, complain);
      const text = String(value).trim().toLowerCase();
      if (text === 'true' || text === '1') return 1;
      return text === 'false' || text === '0' ? 0 : complain('WRONG_TYPE', value);
    },
  writeAs: 'as true or false',
  readTyped: (read) => (value) => read(Number(value) === 1 ? true : Number(value) === 0 ? false : value),
  settle: (answer) => Number(answer !== 0),
  value: truth,
  plain: truth,
  fromCell: (text) => /^(?:true|1)$/i.test(text),
  protocol: { datatype: 'BOOL', dtypes: ['bool'] },
  sqlType: 'BOOLEAN',
  profile: 'labels',
};
