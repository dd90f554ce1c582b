/** The whole story: customers into a warehouse, the model into the registry, one night's run, its report and its reaction. */
import { spawnSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fillWarehouse } from './fill-warehouse.ts';

const CUSTOMERS = 20_000;
const folder = import.meta.dirname;
const bin = resolve(folder, '..', '..', 'bin', 'millrace.js');
const { WAREHOUSE_URL: url = `sqlite:${join(folder, 'data', 'warehouse.db')}` } = process.env;

const millrace = (...words: readonly string[]): void => {
  process.stdout.write(`\n$ millrace ${words.join(' ')}\n`);
  const { status } = spawnSync(process.execPath, [bin, ...words], {
    cwd: folder,
    stdio: 'inherit',
    // The reaction calls `node`: the one that runs this.
    env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}` },
  });
  if (status !== 0) process.exit(status ?? 1);
};

process.stdout.write(`${CUSTOMERS.toLocaleString('en')} customers into the warehouse\n`);
await fillWarehouse(url, CUSTOMERS, 7);
millrace('pack', 'models/churn');
millrace('promote', 'churn@1.0.0', '--to', 'production');
millrace('batch', 'run', 'churn-nightly', '--force');
millrace('batch', 'list', 'churn-nightly');
