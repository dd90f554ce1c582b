/** Writes rides whose end is known, for `millrace evaluate`: generated ones, of another seed than the references. */
import { writeFileSync } from 'node:fs';
import { createRides } from './rides.ts';

const ROWS = 1000;
const cell = (value: unknown): string =>
  value === null ? '' : /[",]/.test(String(value)) ? `"${value}"` : String(value);

const rows = createRides(2020)
  .take(ROWS)
  .map(({ ride: { ride_id: _, ...ride }, outcome: { minutes, fare, tip } }) => ({
    ...ride,
    minutes_taken: minutes,
    fare,
    tip,
  }));
const lines = [Object.keys(rows[0]).join(','), ...rows.map((row) => Object.values(row).map(cell).join(','))];
writeFileSync(new URL('held-out.csv', import.meta.url), `${lines.join('\n')}\n`);
