/** Projects whose registry holds a version that no `pack` would have let in. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { createApp } from '../../src/app.ts';
import type { Package } from '../../src/package/layout.ts';

export const envOf = (cwd: string): NodeJS.ProcessEnv => ({
  HOME: cwd,
  MILLRACE_HOME: join(cwd, 'home'),
  MILLRACE_WHO: 'a test',
});

/** Registers packages, and lets production point at the first one, past everything that would prove it. */
export const register = async (cwd: string, ...packages: readonly Package[]): Promise<void> => {
  const app = createApp({ cwd, env: envOf(cwd) });
  const registry = await app.registry();
  for (const { manifest, digest, blobs } of packages) await registry.register({ manifest, digest, blobs });
  const { name, version } = (packages[0] as Package).manifest;
  await registry.promote({ name, version, to: 'production' });
  await app.close();
};

export const writeProject = (cwd: string, deployment: Readonly<Record<string, unknown>>): void =>
  writeFileSync(join(cwd, 'millrace.yaml'), stringify({ stream: 'embedded', deployments: { hostile: deployment } }));

export const writeRows = (path: string, x: readonly number[]): void =>
  writeFileSync(path, x.map((one) => `${JSON.stringify({ x: one })}\n`).join(''));
