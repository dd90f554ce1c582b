/** Writes the model's reference sample: generated customers with contracts that the model knows. */
import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'yaml';
import { type Customer, customers } from './customers.ts';

const ROWS = 1000;
const folder = new URL('./models/churn/', import.meta.url);

type Fields = Readonly<Record<string, { readonly labels?: readonly string[] }>>;
const { inputs } = parse(readFileSync(new URL('model.yaml', folder), 'utf8')) as { inputs: Fields };
const names = Object.keys(inputs) as (keyof Customer)[];
const contracts = inputs.Contract?.labels ?? [];

// A seed of its own: the night's customers are others.
const lines = [...customers(2 * ROWS, 2018)]
  .filter(({ Contract }) => contracts.includes(Contract))
  .slice(0, ROWS)
  .map((customer) => names.map((name) => customer[name] ?? '').join(','));
writeFileSync(new URL('reference.csv', folder), `${[names.join(','), ...lines].join('\n')}\n`);
