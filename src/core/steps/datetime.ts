/** Steps over datetimes: what hour, weekday or month it is somewhere, and the time between two of them. */
import { isInstant } from '../kinds/index.ts';
import { LAST_INSTANT, zoneOf } from '../zone.ts';
import {
  badStep,
  mapNumbers,
  nameSchema,
  need,
  numbers,
  type StepContext,
  type StepKind,
  settingsSchema,
  stepProblem,
} from './step.ts';

const DAY = 86_400_000;
/** A day within what ECMAScript has, so that the local time of every zone is too. */
const LAST = LAST_INSTANT - DAY;
const zoneSchema = { type: 'string', description: "IANA zone; the field's own unless given, else UTC" };

/** @throws BAD_MANIFEST unless `name` is a datetime, or something that the transform module may make one. */
const needDatetime = (context: StepContext, name: string): void => {
  need(context, name, 'number');
  const field = context.fieldOf(name);
  if (context.types.get(name) !== 'number' || isInstant(field)) return;
  const got = field === undefined ? 'the result of another step' : `kind: ${field.kind}`;
  throw badStep(context, name, `${name} is not a datetime.`, 'a field of kind datetime', got);
};

const part = (description: string, read: (local: number) => number): StepKind => ({
  schema: {
    description,
    ...settingsSchema({ of: nameSchema, as: nameSchema, zone: zoneSchema }, ['of', 'as']),
  },
  compile(settings, context) {
    const { of, as } = settings as { of: string; as: string };
    needDatetime(context, of);
    const field = context.fieldOf(of);
    const own = field && 'zone' in field ? field.zone : undefined;
    const zone = zoneOf((settings.zone as string | undefined) ?? own);
    return mapNumbers(context, of, as, (instant) => {
      if (Math.abs(instant) <= LAST) return read(instant + zone.offset(instant));
      return Number.isNaN(instant) ? instant : stepProblem(context, of, 'milliseconds since the epoch', instant);
    });
  },
});

/** 0 to 23. */
export const hour = part('Hour of the day, 0 to 23, in a zone', (local) =>
  Math.floor((((local % DAY) + DAY) % DAY) / 3_600_000),
);
/** Monday is 0, Sunday 6, as in Python and pandas. The epoch was a Thursday. */
export const weekday = part(
  'Day of the week, Monday 0 to Sunday 6, in a zone',
  (local) => (((Math.floor(local / DAY) + 3) % 7) + 7) % 7,
);
/** 1 to 12. */
export const month = part('Month, 1 to 12, in a zone', (local) => new Date(local).getUTCMonth() + 1);

const units = { second: 1000, minute: 60_000, hour: 3_600_000, day: DAY } as const;

/** `of` − `since` in a unit, as a number with its fraction; missing when either is. */
export const difference: StepKind = {
  schema: {
    description: 'Time from one datetime to another, in seconds, minutes, hours or days',
    ...settingsSchema({ of: nameSchema, since: nameSchema, as: nameSchema, unit: { enum: Object.keys(units) } }, [
      'of',
      'since',
      'unit',
      'as',
    ]),
  },
  compile(settings, context) {
    const { of, since, as, unit } = settings as { of: string; since: string; as: string; unit: keyof typeof units };
    needDatetime(context, of);
    needDatetime(context, since);
    return {
      as,
      type: 'number',
      apply(batch) {
        const end = numbers(context, batch, of);
        const start = numbers(context, batch, since);
        return { type: 'number', values: end.map((value, row) => (value - start[row]) / units[unit]) };
      },
    };
  },
};
