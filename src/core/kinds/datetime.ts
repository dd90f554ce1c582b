/** A point in time: ms since the epoch in a column. */
import { isBlank, missing } from '../field.ts';
import { LAST_INSTANT, parseDatetime, zoneOf } from '../zone.ts';
import type { FieldBase, NumberKind } from './kind.ts';
import { nullable, orNull, said } from './schemas.ts';

export interface DatetimeField extends FieldBase {
  readonly kind: 'datetime';
  /** IANA zone in which a date and time without an offset is read, and in which its hour and weekday are taken. */
  readonly zone?: string;
}

export const datetime: NumberKind<DatetimeField> = {
  column: 'number',
  settings: {
    properties: {
      zone: said('IANA zone in which a time without an offset is read; without it such a time is refused'),
      nullable,
    },
  },
  check: (_, { zone }) => {
    zoneOf(zone);
  },
  describe: ({ zone }) =>
    `an ISO 8601 date and time ${zone === undefined ? 'with an offset' : `(read in ${zone} when it has no offset)`}`,
  sample: () => '2026-01-31T12:00:00Z',
  /** Without an offset, where the field has a zone, it is no RFC 3339 date-time. */
  schema: ({ nullable, zone }) => ({
    type: orNull('string', nullable),
    ...(zone === undefined && { format: 'date-time' }),
  }),
  /** A text without an offset is read in the field's zone; without a zone it is refused, as it is no point in time. */
  read({ nullable, zone }, complain, coerce) {
    const own = zone === undefined ? undefined : zoneOf(zone);
    return (value) => {
      if (value === undefined || value === null || Number.isNaN(value)) return missing(nullable, value, complain);
      if (value instanceof Date) {
        const time = value.getTime();
        return Number.isNaN(time) ? complain('BAD_DATETIME', value, 'an invalid Date') : time;
      }
      if (typeof value !== 'string') return complain('WRONG_TYPE', value);
      if (coerce && isBlank(value)) return missing(nullable, value, complain);
      const time = parseDatetime(coerce ? value.trim() : value, own);
      return Number.isNaN(time) ? complain('BAD_DATETIME', value) : time;
    };
  },
  readTyped: (read, complain) => (value) => {
    const time = typeof value === 'bigint' ? Number(value) : (value as number);
    if (Number.isNaN(time)) return read(null);
    return Math.abs(time) <= LAST_INSTANT ? time : complain('BAD_DATETIME', value);
  },
  limit: LAST_INSTANT,
  value: (number) => (Math.abs(number) <= LAST_INSTANT ? new Date(number).toISOString() : number),
  fromPlain: (value) => (typeof value === 'number' ? new Date(value) : value),
  isInstant: true,
  protocol: { datatype: 'BYTES', dtypes: [] },
  sqlType: 'TIMESTAMP WITH TIME ZONE',
  profile: 'numbers',
};
