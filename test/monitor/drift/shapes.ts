/**
 * Rows as a taxi company and a telephone company have them, made up: dates that are nearly all different, amounts in cents that are often
 * the same, zeros for half of the tips, 265 zones of which a few have most rides, small numbers, missing values.
 */
import type { Fields } from '../../../src/core/types.ts';
import type { Random } from './random.ts';

export type MadeColumns = Readonly<Record<string, Float64Array | readonly (string | null)[]>>;

export interface MadeTable {
  readonly fields: Fields;
  make(random: Random, rows: number): MadeColumns;
}

const amount: Fields[string] = { kind: 'number' };
const label: Fields[string] = { kind: 'category' };

const numbers = (rows: number, draw: (row: number) => number) =>
  Float64Array.from({ length: rows }, (_, row) => draw(row));
const texts = (rows: number, draw: (row: number) => string | null) =>
  Array.from({ length: rows }, (_, row) => draw(row));
const rounded = (value: number, step: number): number => Math.round(value / step) * step;

const ZONES = 265;
/** Few zones have most rides. */
const zoneOf = ({ uniform }: Random): string => `zone ${Math.floor(ZONES * uniform() ** 3)}`;

const WEEKS_MS = 60 * 86_400_000;

export const taxi: MadeTable = {
  fields: {
    pickup: { kind: 'datetime' },
    passengers: { kind: 'integer' },
    distance: amount,
    fare: amount,
    tip: amount,
    tolls: amount,
    color: label,
    payment: label,
    pickup_zone: label,
    dropoff_zone: label,
  },
  make(random, rows) {
    const { uniform, normal } = random;
    const miles = numbers(rows, () => rounded(1.6 * Math.exp(0.8 * normal()), 0.01));
    const fare = miles.map((mile) => rounded(3 + 2.8 * mile * Math.exp(0.15 * normal()), 0.5));
    return {
      pickup: numbers(rows, () => Math.floor(1.55e12 + WEEKS_MS * uniform())),
      passengers: numbers(rows, () => Math.ceil(6 * uniform() ** 4)),
      distance: miles,
      fare,
      tip: fare.map((dollars) => (uniform() < 0.4 ? 0 : rounded(dollars * 0.2 * Math.exp(0.3 * normal()), 0.01))),
      tolls: numbers(rows, () => (uniform() < 0.95 ? 0 : uniform() < 0.8 ? 5.76 : rounded(20 * uniform(), 0.01))),
      color: texts(rows, () => (uniform() < 0.15 ? 'green' : 'yellow')),
      payment: texts(rows, () => (uniform() < 0.007 ? null : uniform() < 0.28 ? 'cash' : 'credit card')),
      pickup_zone: texts(rows, () => (uniform() < 0.004 ? null : zoneOf(random))),
      dropoff_zone: texts(rows, () => (uniform() < 0.007 ? null : zoneOf(random))),
    };
  },
};

const choose = ({ uniform }: Random, ...labels: readonly string[]): string =>
  labels[Math.floor(labels.length * uniform() ** 1.5)];

export const churn: MadeTable = {
  fields: {
    senior: { kind: 'integer' },
    tenure: { kind: 'integer' },
    monthly: amount,
    total: amount,
    ...Object.fromEntries(
      ['gender', 'partner', 'internet', 'security', 'backup', 'contract', 'paperless', 'payment'].map((name) => [
        name,
        label,
      ]),
    ),
  },
  make(random, rows) {
    const { uniform, normal } = random;
    const tenure = numbers(rows, () => Math.floor(uniform() < 0.25 ? 5 * uniform() : 73 * uniform()));
    const monthly = numbers(rows, () => rounded(uniform() < 0.25 ? 20 + normal() ** 2 : 45 + 60 * uniform(), 0.05));
    const three = () => texts(rows, () => choose(random, 'No', 'Yes', 'No internet service'));
    const two = () => texts(rows, () => choose(random, 'Yes', 'No'));
    return {
      senior: numbers(rows, () => (uniform() < 0.16 ? 1 : 0)),
      tenure,
      monthly,
      total: tenure.map((months, row) =>
        months === 0 ? Number.NaN : rounded(months * monthly[row] * (1 + 0.05 * normal()), 0.05),
      ),
      gender: two(),
      partner: two(),
      internet: texts(rows, () => choose(random, 'Fiber optic', 'DSL', 'No')),
      security: three(),
      backup: three(),
      contract: texts(rows, () => choose(random, 'Month-to-month', 'Two year', 'One year')),
      paperless: two(),
      payment: texts(rows, () => choose(random, 'Electronic check', 'Mailed check', 'Bank transfer', 'Credit card')),
    };
  },
};
