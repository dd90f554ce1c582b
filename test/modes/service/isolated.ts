import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Row } from '../../../src/core/types.ts';
import { models } from './serving.ts';

/** A copy of the trees whose rows take about as many milliseconds as their field `ms` says, or else `atLeast`. */
export const slowModel = async (t: TestContext, atLeast: number): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-slow-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await cp(models.trees, folder, { recursive: true });
  const yaml = await readFile(join(folder, 'model.yaml'), 'utf8');
  const inputs = 'inputs:\n  ms: { kind: number, nullable: true }\n';
  await writeFile(
    join(folder, 'model.yaml'),
    `${yaml.replace('name: trees-100x6', 'name: slow').replace('inputs:\n', inputs)}transform: transform.ts\n`,
  );
  await writeFile(
    join(folder, 'transform.ts'),
    `export const prepare = (row: Record<string, unknown>) => {
  const ms = typeof row.ms === 'number' ? row.ms : ${atLeast};
  let state = 1;
  // About a nanosecond a turn on a fast machine.
  for (let turn = 0; turn < ms * 1e6; turn++) state = (Math.imul(state, 1664525) + 1013904223) | 0;
  return { ...row, ms: state };
};
`,
  );
  return folder;
};

export const inputOf = async (): Promise<Row> =>
  JSON.parse(await readFile(join(models.trees, 'examples.json'), 'utf8'))[0].input;
