/** Which files a process reads. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';

const hook = `import { registerHooks } from 'node:module';
import { appendFileSync } from 'node:fs';
registerHooks({
  load(url, context, next) {
    appendFileSync(process.env.LOADED, url + '\\n');
    return next(url, context);
  },
});
`;

export interface Watched {
  /** Where it runs, and where its home is. */
  readonly cwd: string;
  /** Only files below this folder are told. */
  readonly root: string;
  /** The script and what it is told. */
  readonly words: readonly string[];
}

/** The files that a service has read when it says that it is ready, as paths from `root`. */
export const loadedUntilReady = async (t: TestContext, { cwd, root, words }: Watched): Promise<readonly string[]> => {
  writeFileSync(join(cwd, 'hook.mjs'), hook);
  const loaded = join(cwd, 'loaded.txt');
  const child = spawn(process.execPath, ['--import', pathToFileURL(join(cwd, 'hook.mjs')).href, ...words], {
    cwd,
    env: { ...process.env, HOME: cwd, LOADED: loaded, NODE_OPTIONS: '' },
  });
  t.after(() => child.kill('SIGKILL'));
  let told = '';
  for await (const part of child.stdout) {
    told += part;
    if (/^ready on/m.test(told)) break;
  }
  assert.match(told, /^ready on/m);
  const below = `${pathToFileURL(root).href}/`;
  return readFileSync(loaded, 'utf8')
    .split('\n')
    .flatMap((url) => (url.startsWith(below) ? [url.slice(below.length)] : []));
};
