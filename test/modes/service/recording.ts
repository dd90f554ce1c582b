import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { App } from '../../../src/app.ts';
import type { Row } from '../../../src/core/types.ts';
import type { Recorder } from '../../../src/monitor/recorder.ts';
import { openApp, type Served, serveApp } from './serving.ts';

export interface Recording extends Served {
  readonly recorder: Recorder;
}
export type RecorderOptions = Partial<Parameters<App['recorder']>[0]>;

export const record = async (
  t: TestContext,
  refs: readonly string[],
  options: RecorderOptions = {},
  given?: App,
): Promise<Recording> => {
  const app = given ?? (await openApp(t));
  const recorder = await app.recorder({ share: 1, days: 30, most: 1_000_000, ...options });
  t.after(() => recorder.close());
  return { ...(await serveApp(t, app, refs, { recorder, recordsApi: true })), recorder };
};

export const examplesOf = (folder: string): readonly { readonly input: Row; readonly output: Row }[] =>
  JSON.parse(readFileSync(join(folder, 'examples.json'), 'utf8'));
