/** Keys of a service in several processes: made and revoked by the command line while it runs. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { post } from '../modes/service/serving.ts';
import { input, start } from '../modes/service/started.ts';
import { runCli } from '../run-cli.ts';
import { until } from '../until.ts';

describe('a service with --auth', () => {
  it('takes a key that is made while it runs, and refuses it in all of its processes once it is revoked', async (t) => {
    const { url, home, child, stderr, exited } = await start(t, '--auth');
    const millrace = (...words: readonly string[]) => runCli(words, { cwd: home, env: { MILLRACE_HOME: home } });
    const ask = (key: string) => post(`${url}/predict/trees-100x6`, input, { authorization: `Bearer ${key}` });
    /** Callers come to one process and the other: each has a connection of its own. */
    const codes = async (key: string) => {
      const replies = await Promise.all(Array.from({ length: 8 }, () => ask(key)));
      return [...new Set(replies.map(({ status }) => status))].sort().join(' ');
    };
    assert.equal((await ask('mr_0_wrong')).status, 401);
    const made = await millrace(
      'keys',
      'create',
      '--role',
      'predict',
      '--models',
      'trees-*',
      '--name',
      'app',
      '--json',
    );
    const { id, secret } = JSON.parse(made.stdout);
    await until('all processes know it', async () => (await codes(secret)) === '200');

    const listed = await millrace('keys', 'list');
    assert.match(listed.stdout, new RegExp(`${id} +app +predict +trees-\\* +good`));
    assert.ok(!listed.stdout.includes(secret));
    assert.equal((await millrace('keys', 'revoke', id)).code, 0);
    // Whoever goes on with it is slowed, too.
    await until('none of them takes it', async () => !(await codes(secret)).includes('200'));

    child.kill('SIGTERM');
    assert.equal(await exited, 0);
    assert.ok(!(await stderr).includes(secret.slice(14)), 'the log tells no key');
  });
});
