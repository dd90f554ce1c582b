/** `node fill-warehouse.ts [customers] [seed]`: a warehouse with customers in it, on SQLite or PostgreSQL (WAREHOUSE_URL). */
import { resolve } from 'node:path';
import { openDatabase } from '../../src/databases/index.ts';
import { type Customer, customers } from './customers.ts';

const ROWS_AT_ONCE = 5000;

/** A column's type in words that both databases know. */
const typeOf = (value: unknown): string => (typeof value === 'number' ? 'double precision' : 'text');
const whole = new Set(['SeniorCitizen', 'tenure']);

/** Makes the table `customers` anew. `url` is `sqlite:<path>` or `postgres://…`. */
export const fillWarehouse = async (url: string, count: number, seed: number): Promise<void> => {
  const database = await openDatabase(url);
  try {
    const [first] = customers(1, seed);
    if (!first) return;
    const names = Object.keys(first) as (keyof Customer)[];
    const columns = names.map((name) => ({ name, declared: whole.has(name) ? 'bigint' : typeOf(first[name] ?? 0) }));
    await database.run('drop table if exists customers');
    const lines = columns.map(({ name, declared }) => `"${name}" ${declared}`);
    await database.run(`create table customers (${lines.join(', ')}, primary key (customer_id))`);
    const types = { bigint: 'BIGINT', 'double precision': 'DOUBLE', text: 'VARCHAR' } as Record<string, string>;
    const specs = columns.map(({ name, declared }) => ({ name, type: types[declared] ?? 'VARCHAR' }));
    const loader = await database.load(['customers'], specs);
    let rows: Customer[] = [];
    const flush = async (): Promise<void> => {
      const values = Object.fromEntries(names.map((name) => [name, rows.map((row) => row[name])]));
      await loader.write({ rows: rows.length, columns: values });
      rows = [];
    };
    for (const customer of customers(count, seed)) {
      rows.push(customer);
      if (rows.length === ROWS_AT_ONCE) await flush();
    }
    await flush();
    await loader.commit(async () => {});
  } finally {
    await database.close();
  }
};

if (import.meta.main) {
  const [, , count = '20000', seed = '7'] = process.argv;
  const url = process.env.WAREHOUSE_URL ?? `sqlite:${resolve(import.meta.dirname, 'data', 'warehouse.db')}`;
  await fillWarehouse(url, Number(count), Number(seed));
}
