/** A batch without a project file, whose clock a test holds. */
import { join } from 'node:path';
import { openDatabase } from '../../../src/databases/index.ts';
import type { BatchDeployments } from '../../../src/modes/batch/batch.ts';
import { createBatch } from '../../../src/modes/batch/create.ts';
import { readDeployment } from '../../../src/modes/batch/deployment.ts';
import type { BatchSettings } from '../../../src/project/deployments/batch.ts';
import { openSql, type Sql } from '../../../src/store/sql.ts';
import type { TestProject } from './project.ts';

export interface TestBatch {
  readonly batch: BatchDeployments;
  close(): Promise<void>;
}

/** `settings` stand beside those of the project's own deployment. */
export const openBatch = (
  project: TestProject,
  settings: Partial<BatchSettings>,
  clock: () => Date = () => new Date(),
  ledgerUrl = `sqlite:${join(project.folder, 'ledger.db')}`,
): TestBatch => {
  const app = project.app();
  const base = app.project.deploymentIn('batch', 'trips');
  const deployment = readDeployment('trips', { ...base, ...settings });
  let store: Promise<Sql> | undefined;
  const batch = createBatch({
    folder: project.folder,
    home: app.home,
    who: 'tester',
    env: process.env,
    clock,
    names: ['trips'],
    deployment: () => deployment,
    store: () => {
      store ??= openSql(ledgerUrl);
      return store;
    },
    database: (name, zone) => openDatabase(app.project.connection(name), { zone }),
    open: app.open,
    load: app.loadSafely,
  });
  return {
    batch,
    close: async () => {
      await (await store)?.close();
      await app.close();
    },
  };
};
