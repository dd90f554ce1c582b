/** Windows: an hour, day, week or month as the clocks of a time zone have it, each following the one before without a gap. */
import { fail } from '../../core/errors.ts';
import { type Zone, zoneOf } from '../../core/zone.ts';
import type { WindowKind } from '../../project/deployments/batch.ts';
import type { Span } from '../../sources/source.ts';

export const windowKinds = ['hour', 'day', 'week', 'month'] as const satisfies readonly WindowKind[];

export interface Window extends Span {
  readonly kind: WindowKind;
  /** What a person calls it: `2026-11-01T13-05:00`, `2026-11-01`, `2026-W44`, `2026-11`. */
  readonly label: string;
}

/** The scope of runs without a window. */
export const WHOLE = 'all';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const two = (value: number): string => String(value).padStart(2, '0');
/** Days since Monday. */
const sinceMonday = (local: number): number => (new Date(local).getUTCDay() + 6) % 7;
const monthStart = (local: number, months: number): number => {
  const date = new Date(local);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1);
};

/** Where the windows before and after begin, in local time; `local` is ms as if it were UTC. */
const starts: Readonly<Record<Exclude<WindowKind, 'hour'>, (local: number) => readonly [number, number]>> = {
  day: (local) => {
    const start = local - (((local % DAY) + DAY) % DAY);
    return [start, start + DAY];
  },
  week: (local) => {
    const day = local - (((local % DAY) + DAY) % DAY);
    const start = day - sinceMonday(day) * DAY;
    return [start, start + 7 * DAY];
  },
  month: (local) => [monthStart(local, 0), monthStart(local, 1)],
};

/** The first instant in (before, after] whose offset is that of `after`; both ends lie less than two hours apart. */
const changeBetween = (zone: Zone, before: number, after: number): number => {
  let [low, high] = [before, after];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (zone.offset(middle) === zone.offset(after)) high = middle;
    else low = middle;
  }
  return high;
};

/** An hour of the clock; one in which the clocks change is cut where they do. */
const hourAt = (zone: Zone, instant: number): readonly [number, number] => {
  const offset = zone.offset(instant);
  const local = instant + offset;
  const start = local - (((local % HOUR) + HOUR) % HOUR) - offset;
  const end = start + HOUR;
  return [
    zone.offset(start) === offset ? start : changeBetween(zone, start, instant),
    zone.offset(end - 1) === offset ? end : changeBetween(zone, instant, end - 1),
  ];
};

/** Year and number of an ISO 8601 week, of a local Monday. */
const isoWeek = (monday: number): readonly [number, number] => {
  const thursday = new Date(monday + 3 * DAY);
  const year = thursday.getUTCFullYear();
  return [year, Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / DAY / 7) + 1];
};

const offsetText = (offset: number): string => {
  if (offset === 0) return 'Z';
  const minutes = Math.abs(offset) / 60_000;
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
};

const labelOf = (kind: WindowKind, zone: Zone, from: number): string => {
  const offset = zone.offset(from);
  // A day begins late where midnight does not exist: its label is that of its date all the same.
  const local = from + offset;
  const date = new Date(local);
  if (kind === 'hour') {
    const minutes = date.getUTCMinutes() === 0 ? '' : `:${two(date.getUTCMinutes())}`;
    return `${date.toISOString().slice(0, 13)}${minutes}${offsetText(offset)}`;
  }
  if (kind === 'month') return date.toISOString().slice(0, 7);
  if (kind === 'day') return date.toISOString().slice(0, 10);
  const [year, week] = isoWeek(local - (((local % DAY) + DAY) % DAY));
  return `${year}-W${two(week)}`;
};

/** The window in which an instant (ms since the epoch) lies. @throws MillraceError BAD_MANIFEST for a zone that does not exist. */
export const windowAt = (kind: WindowKind, zoneName: string, instant: number): Window => {
  const zone = zoneOf(zoneName);
  const whole = (from: number, to: number): Window => ({
    kind,
    from,
    to,
    zone: zoneName,
    label: labelOf(kind, zone, from),
  });
  if (kind === 'hour') return whole(...hourAt(zone, instant));
  const [start, end] = starts[kind](instant + zone.offset(instant));
  return whole(zone.instant(start), zone.instant(end));
};

export const windowAfter = ({ kind, zone, to }: Window): Window => windowAt(kind, zone, to);
export const windowBefore = ({ kind, zone, from }: Window): Window => windowAt(kind, zone, from - 1);

/** The last window that is over at an instant. */
export const lastWhole = (kind: WindowKind, zone: string, instant: number): Window =>
  windowBefore(windowAt(kind, zone, instant));

const forms: Readonly<Record<WindowKind, string>> = {
  hour: '2026-11-01T13 (or with its offset, 2026-11-01T13-05:00)',
  day: '2026-11-01',
  week: '2026-W44, or a day of it',
  month: '2026-11, or a day of it',
};

const bad = (kind: WindowKind, text: string) =>
  fail('USAGE', `${JSON.stringify(text)} is not ${kind === 'hour' ? 'an' : 'a'} ${kind}`, {
    field: '--window',
    expected: forms[kind],
    got: text,
  });

/** Local ms of a date that exists. */
const dateOf = (text: string): number | undefined => {
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text) ? time : undefined;
};

/** Local ms of the Monday of an ISO week that exists. */
const mondayOf = (year: number, week: number): number | undefined => {
  const fourth = Date.UTC(year, 0, 4);
  const monday = fourth - sinceMonday(fourth) * DAY + (week - 1) * 7 * DAY;
  const [sameYear, sameWeek] = isoWeek(monday);
  return sameYear === year && sameWeek === week ? monday : undefined;
};

/** The window that a person names. @throws MillraceError USAGE for a text that names none of this kind. */
export const windowNamed = (kind: WindowKind, zoneName: string, text: string): Window => {
  const zone = zoneOf(zoneName);
  if (kind === 'hour') {
    const [, date, hour, minute = '00', offset] =
      /^(\d{4}-\d\d-\d\d)[T ](\d\d)(?::(\d\d))?(Z|[+-]\d\d:\d\d)?$/.exec(text) ?? [];
    const day = date === undefined ? undefined : dateOf(date);
    if (day === undefined || Number(hour) > 23 || Number(minute) > 59) throw bad(kind, text);
    const local = day + Number(hour) * HOUR + Number(minute) * 60_000;
    const instant = offset === undefined ? zone.instant(local) : Date.parse(`${date}T${hour}:${minute}:00${offset}`);
    return windowAt(kind, zoneName, instant);
  }
  const week = /^(\d{4})-W(\d\d)$/.exec(text);
  const local =
    kind === 'week' && week
      ? mondayOf(Number(week[1]), Number(week[2]))
      : kind === 'month' && /^\d{4}-\d\d$/.test(text)
        ? dateOf(`${text}-01`)
        : /^\d{4}-\d\d-\d\d$/.test(text)
          ? dateOf(text)
          : undefined;
  if (local === undefined) throw bad(kind, text);
  return windowAt(kind, zoneName, zone.instant(local));
};

/** All windows from one to another, both included, at most `most` of them. @throws MillraceError USAGE when there are more, or none. */
export const windowsBetween = (first: Window, last: Window, most: number): readonly Window[] => {
  if (first.from > last.from) {
    throw fail('USAGE', `${first.label} is after ${last.label}`, { expected: '--from before --to', got: first.label });
  }
  const found: Window[] = [];
  for (let window = first; window.from <= last.from; window = windowAfter(window)) {
    if (found.length === most) {
      throw fail('USAGE', `From ${first.label} to ${last.label} are more than ${most} windows`, {
        expected: `at most ${most}`,
        got: 'more',
      });
    }
    found.push(window);
  }
  return found;
};
