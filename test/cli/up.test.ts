import assert from 'node:assert/strict';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { main } from '../../src/cli/main.ts';
import { runCli } from '../run-cli.ts';
import { tempFolder } from '../temp-folder.ts';

const model = join(import.meta.dirname, '..', 'fixtures', 'models', 'int-inputs');

const deployments = {
  web: '{ mode: service, model: ./totals }',
  totals: '{ mode: stream, model: ./totals, from: rides, to: predicted, key: id, input: $.in }',
  offers:
    '{ mode: decide, from: { total: predicted }, rules: [{ name: any, if: total.prediction.total > 0 }], to: offers }',
};

/** `millrace up` in this process, stopped after the test. */
const up = async (t: TestContext, names: readonly (keyof typeof deployments)[], words: readonly string[]) => {
  const cwd = tempFolder(t);
  cpSync(model, join(cwd, 'totals'), { recursive: true });
  const lines = names.map((name) => `  ${name}: ${deployments[name]}\n`);
  writeFileSync(join(cwd, 'millrace.yaml'), `deployments:\n${lines.join('')}`);
  const ride = JSON.stringify({ id: 'r1', in: { units: 3, price: 2 } });
  await runCli(['stream', 'produce', 'rides', '--key', 'id'], { cwd, stdin: ride });
  let said = '';
  const hearing = (): PassThrough =>
    new PassThrough().on('data', (data) => {
      said += data;
    });
  const stop = new AbortController();
  const over = main(['up', ...words], {
    stdin: Readable.from([]),
    stdout: hearing(),
    stderr: hearing(),
    cwd,
    env: { HOME: cwd },
    signal: stop.signal,
  });
  t.after(async () => {
    stop.abort();
    assert.equal(await over, 0, said);
  });
  const until = async <T>(what: string, come: () => T | undefined | Promise<T | undefined>): Promise<T> => {
    for (let times = 0; times < 1500; times++) {
      const found = await come();
      if (found !== undefined) return found;
      await sleep(20);
    }
    return assert.fail(`waited in vain for ${what}: ${said}`);
  };
  const url = await until('its address', () => /^(?:ready|health and metrics) on (http:[^;\s]+)/m.exec(said)?.[1]);
  const textOf = async (path: string): Promise<string> => (await fetch(`${url}${path}`)).text();
  return { url, until, textOf };
};

const expected = [
  /^millrace_stream_events_total\{deployment="totals",.*outcome="predicted"\} 1$/m,
  /^millrace_decide_decisions_total\{deployment="offers",decision="any",because="complete"\} 1$/m,
  /^millrace_stream_ready\{deployment="totals"\} 1$/m,
  /^millrace_decide_ready\{deployment="offers"\} 1$/m,
  /^process_cpu_user_seconds_total /m,
];

describe('millrace up', () => {
  it('tells of streams and decisions where the service tells of itself, each figure once, with one readiness', async (t) => {
    const { url, until, textOf } = await up(t, ['web', 'totals', 'offers'], ['--port', '0']);
    const metrics = await until('all figures', async () => {
      const text = await textOf('/metrics');
      return expected.every((one) => one.test(text)) ? text : undefined;
    });
    assert.match(metrics, /^millrace_ready\b.* 1$/m);
    const types = metrics.match(/^# TYPE \S+/gm) ?? [];
    assert.equal(new Set(types).size, types.length);
    await until('readiness', async () => ((await fetch(`${url}/readyz`)).status === 200 ? true : undefined));
  });

  it('tells it on the port that is asked for in a project without a service', async (t) => {
    const { url, until, textOf } = await up(t, ['totals', 'offers'], ['--admin-port', '0']);
    await until('all figures', async () => {
      const text = await textOf('/metrics');
      return expected.every((one) => one.test(text)) ? text : undefined;
    });
    for (const path of ['/readyz', '/livez', '/ready', '/live']) {
      await until(path, async () => ((await fetch(url + path)).status === 200 ? true : undefined));
    }
  });
});
