/**
 * Writes customers of whom it is known whether they left, for `millrace evaluate`. They are made up, and so is whether they left:
 * by chances that fall with the length of the contract and the tenure.
 */
import { writeFileSync } from 'node:fs';
import { type Customer, customers } from './customers.ts';

const ROWS = 1000;
const SEED = 2021;
/** Log odds. */
const byContract: Readonly<Record<string, number>> = { 'Month-to-month': 0.3, 'One year': -1.6, 'Two year': -2.9 };
const byInternet: Readonly<Record<string, number>> = { 'Fiber optic': 0.7, DSL: -0.2, No: -1 };

const chanceOf = ({ Contract, InternetService, tenure }: Customer): number =>
  1 / (1 + Math.exp(-(byContract[Contract] + byInternet[InternetService] - 0.025 * tenure)));

/** The same fraction in [0, 1) for the same row. */
const fraction = (row: number): number => {
  const mixed = Math.imul((row + SEED) ^ 0x9e3779b9, 0x85ebca6b);
  return (Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35) >>> 0) / 2 ** 32;
};

const known = [...customers(2 * ROWS, SEED)].filter(({ Contract }) => Contract in byContract).slice(0, ROWS);
const rows = known.map(({ customer_id: _, ...customer }, row) => ({
  ...customer,
  Churn: fraction(row) < chanceOf({ customer_id: _, ...customer }) ? 'Yes' : 'No',
}));
const lines = [
  Object.keys(rows[0]).join(','),
  ...rows.map((row) =>
    Object.values(row)
      .map((value) => value ?? '')
      .join(','),
  ),
];
writeFileSync(new URL('held-out.csv', import.meta.url), `${lines.join('\n')}\n`);
