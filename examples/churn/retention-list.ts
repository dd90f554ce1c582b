/** Whom to call: the customers most likely to leave, dearest first. Runs after a batch run, which tells it what happened. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { json } from 'node:stream/consumers';
import { openDatabase } from '../../src/databases/index.ts';

const MOST = 500;
const LIKELY = 0.5;

const summary = (await json(process.stdin)) as {
  readonly run: string;
  readonly outputs: { readonly churn: { readonly mean: number } };
};
const folder = resolve(import.meta.dirname, 'data');
const database = await openDatabase(process.env.WAREHOUSE_URL ?? `sqlite:${join(folder, 'predictions.db')}`);
try {
  const rows = await database.query(
    `select customer_id, churn, "MonthlyCharges" as monthly from churn where churn >= ?
      order by churn * "MonthlyCharges" desc, customer_id limit ${MOST}`,
    [LIKELY],
  );
  const lines = rows.map(({ customer_id, churn, monthly }) => `${customer_id},${Number(churn).toFixed(3)},${monthly}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'retention-list.csv'), `customer_id,churn,monthly_charges\n${lines.join('\n')}\n`);
  process.stderr.write(
    `data/retention-list.csv: ${rows.length} customers to call (run ${summary.run}, mean churn ${summary.outputs.churn.mean.toFixed(3)})\n`,
  );
} finally {
  await database.close();
}
