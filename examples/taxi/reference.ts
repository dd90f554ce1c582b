/** Writes the reference sample of each model: generated rides, as the signature of the model names their fields. */
import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'yaml';
import { createRides, type Ride } from './rides.ts';

const ROWS = 1000;
const rides = createRides(2019).take(ROWS);

for (const name of ['ride-duration', 'ride-fare', 'ride-tip']) {
  const folder = new URL(`./models/${name}/`, import.meta.url);
  const { inputs } = parse(readFileSync(new URL('model.yaml', folder), 'utf8')) as { inputs: Record<string, unknown> };
  const fields = Object.keys(inputs) as (keyof Ride)[];
  const cell = (value: unknown): string =>
    value === null ? '' : /[",]/.test(String(value)) ? `"${value}"` : String(value);
  const lines = rides.map(({ ride }) => fields.map((field) => cell(ride[field])).join(','));
  writeFileSync(new URL('reference.csv', folder), `${[fields.join(','), ...lines].join('\n')}\n`);
}
