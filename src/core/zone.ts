/**
 * Time zones by the platform's own tables, which Node and browsers share: read by Temporal where there is one, else by Intl, which
 * says the same and takes 20 ms to begin with. Offsets are cached for each quarter of an hour that begins and ends with the same
 * one; some zones have changed within a quarter (St. John's at 00:01).
 */
import { fail } from './errors.ts';

const QUARTER = 900_000;
const DAY = 86_400_000;
/** The last instant that ECMAScript has; the first is as far from the epoch. */
export const LAST_INSTANT = 8.64e15;
/** A year of quarters is 35,000; past this many the cache starts anew. */
const CACHE_LIMIT = 200_000;

export interface Zone {
  readonly name: string;
  /** Milliseconds to add to UTC to get the local time at this instant (ms since the epoch). */
  offset(instant: number): number;
  /**
   * The instant of a local date and time, given as ms as if it were UTC. A time that occurs twice (clocks going back)
   * is the earlier one; one that never occurs (clocks going forward) moves forward by the gap: ISO/TC39 "compatible".
   */
  instant(local: number): number;
}

const utc: Zone = { name: 'UTC', offset: () => 0, instant: (local) => local };

const parseOffset = (text: string): number => {
  const match = /GMT(?:([+-])(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?)?/.exec(text);
  if (match?.[1] === undefined) return 0;
  const seconds = Number(match[2]) * 3600 + Number(match[3] ?? 0) * 60 + Number(match[4] ?? 0);
  return (match[1] === '-' ? -seconds : seconds) * 1000;
};

/** Milliseconds to add to UTC at an instant. */
type Offset = (instant: number) => number;

/** What is asked of Temporal (https://tc39.es/proposal-temporal). */
interface TemporalLike {
  readonly Instant: {
    fromEpochMilliseconds(instant: number): {
      toZonedDateTimeISO(zone: string): { readonly offsetNanoseconds: number };
    };
  };
}

/** Names that Temporal reads as names: it takes times with an offset for zones, too. */
const plainName = /^[A-Za-z]{2}[\w+/-]*$/;

/** By Temporal, where there is one that knows the name. */
const temporalOffset = (name: string): Offset | undefined => {
  const { Temporal } = globalThis as { readonly Temporal?: TemporalLike };
  if (Temporal === undefined || !plainName.test(name)) return undefined;
  const offset: Offset = (instant) =>
    Temporal.Instant.fromEpochMilliseconds(Math.trunc(instant)).toZonedDateTimeISO(name).offsetNanoseconds / 1e6;
  try {
    offset(0);
    return offset;
  } catch {
    return undefined;
  }
};

/** By Intl. @throws RangeError for a name that it does not know */
const intlOffset = (name: string): Offset => {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset', year: 'numeric' });
  return (instant) =>
    parseOffset(format.formatToParts(instant).find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT');
};

const zones = new Map<string, Zone>();

/** The zone of an IANA name. @throws MillraceError BAD_MANIFEST for a name that the platform does not know. */
export const zoneOf = (name: string | undefined): Zone => {
  if (name === undefined || name === 'UTC') return utc;
  const known = zones.get(name);
  if (known) return known;
  let exact: Offset;
  try {
    exact = temporalOffset(name) ?? intlOffset(name);
  } catch (cause) {
    throw fail('BAD_MANIFEST', `There is no time zone ${JSON.stringify(name)}.`, {
      expected: 'an IANA name such as America/New_York',
      got: name,
      cause,
    });
  }
  /** By quarter; NaN for one in which clocks change. */
  const cache = new Map<number, number>();
  const offset = (instant: number): number => {
    const quarter = Math.floor(instant / QUARTER);
    let cached = cache.get(quarter);
    if (cached === undefined) {
      const from = exact(quarter * QUARTER);
      cached = from === exact((quarter + 1) * QUARTER) ? from : Number.NaN;
      if (cache.size >= CACHE_LIMIT) cache.clear();
      cache.set(quarter, cached);
    }
    return Number.isNaN(cached) ? exact(instant) : cached;
  };
  const instant = (local: number): number => {
    const before = offset(local - DAY);
    const early = local - before;
    const late = local - offset(local + DAY);
    if (early === late) return early;
    const earlyHolds = offset(early) === before;
    const lateHolds = offset(late) === local - late;
    if (earlyHolds && lateHolds) return Math.min(early, late);
    return lateHolds ? late : early;
  };
  const zone: Zone = { name, offset, instant };
  zones.set(name, zone);
  return zone;
};

const digits = (text: string, start: number, count: number): number => {
  let value = 0;
  for (let index = start; index < start + count; index++) {
    const digit = text.charCodeAt(index) - 48;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
};

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;

/** Days from 1970-01-01 of a civil date in the proleptic Gregorian calendar (H. Hinnant, "chrono-compatible algorithms"). */
const daysFromCivil = (year: number, month: number, day: number): number => {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return (
    era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
  );
};

const rest = /^[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?: ?([Zz]|[+-]\d{2}(?::?\d{2})?))?$/;

/**
 * Milliseconds since the epoch of an ISO 8601 date or date and time (RFC 3339 and its usual relaxations: a space for T,
 * no seconds, a date alone meaning midnight; digits past the millisecond are cut). NaN when the text is none, or when it
 * has no offset and no zone is given.
 */
export const parseDatetime = (text: string, zone: Zone | undefined): number => {
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  if (text[4] !== '-' || text[7] !== '-' || !(year >= 0 && month >= 1 && month <= 12 && day >= 1)) return Number.NaN;
  if (day > (month === 2 && isLeap(year) ? 29 : monthDays[month - 1])) return Number.NaN;
  const midnight = daysFromCivil(year, month, day) * DAY;
  if (text.length === 10) return zone === undefined ? Number.NaN : zone.instant(midnight);
  const match = rest.exec(text.slice(10));
  if (match === null) return Number.NaN;
  const hour = Number(match[1]);
  const minute = Number(match[2]);
  const second = Number(match[3] ?? 0);
  if (hour > 23 || minute > 59 || second > 59) return Number.NaN;
  const milliseconds = Number((match[4] ?? '').padEnd(3, '0').slice(0, 3));
  const local = midnight + hour * 3_600_000 + minute * 60_000 + second * 1000 + milliseconds;
  const offset = match[5];
  if (offset === undefined) return zone === undefined ? Number.NaN : zone.instant(local);
  if (offset === 'Z' || offset === 'z') return local;
  const offsetHours = Number(offset.slice(1, 3));
  const offsetMinutes = offset.length > 3 ? Number(offset.slice(-2)) : 0;
  if (offsetHours > 23 || offsetMinutes > 59) return Number.NaN;
  const ahead = (offsetHours * 60 + offsetMinutes) * 60_000;
  return local - (offset[0] === '-' ? -ahead : ahead);
};
