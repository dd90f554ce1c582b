/** Steps over datetimes: what hour, weekday or month it is somewhere, and the time between two of them. */
import { zoneOf } from '../zone.ts';
import { mapNumbers, nameSchema, need, numbers, type StepKind, settingsSchema } from './step.ts';

const DAY = 86_400_000;
const zoneSchema = { type: 'string', description: "IANA zone; the field's own unless given, else UTC" };

const part = (description: string, read: (local: number) => number): StepKind => ({
  schema: {
    description,
    ...settingsSchema({ of: nameSchema, as: nameSchema, zone: zoneSchema }, ['of', 'as']),
  },
  compile(settings, context) {
    const { of, as } = settings as { of: string; as: string };
    const field = context.fieldOf(of);
    const own = field?.kind === 'datetime' ? field.zone : undefined;
    const zone = zoneOf((settings.zone as string | undefined) ?? own);
    return mapNumbers(context, of, as, (instant) =>
      Number.isNaN(instant) ? instant : read(instant + zone.offset(instant)),
    );
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
    need(context, of, 'number');
    need(context, since, 'number');
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
