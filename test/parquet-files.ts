import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { tempFolder } from './temp-folder.ts';

export const twoFiles = (t: TestContext) => {
  const folder = tempFolder(t);
  return { from: join(folder, 'from.parquet'), to: join(folder, 'to.parquet') };
};
