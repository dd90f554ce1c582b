import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { getPriority } from 'node:os';
import { describe, it, type TestContext } from 'node:test';
import { giveWay, hurry } from '../../src/monitor/give-way.ts';
import { startThread } from '../../src/threads/start-thread.ts';
import { until } from '../modes/service/serving.ts';
import type { GiveWayCalls } from './give-way-thread.ts';

const start = (t: TestContext) => {
  const thread = startThread<GiveWayCalls>(new URL('./give-way-thread.ts', import.meta.url), {
    lost: ({ how }) => new Error(how),
  });
  t.after(() => thread.close());
  return thread;
};
const isLinux = process.platform === 'linux';
const hasChrt = isLinux && spawnSync('chrt', ['--version']).error === undefined;
/** SCHED_OTHER and SCHED_IDLE: sched(7). */
const OTHER = 0;
const IDLE = 5;

describe('a thread that writes records', () => {
  it('is as nice as can be, alone in its process, and no program is started for that', async (t) => {
    if (!isLinux) return assert.equal(giveWay('nice'), undefined);
    const before = getPriority();
    const thread = start(t);
    assert.equal(await thread.ask('giveWay', ['nice']), undefined);
    assert.deepEqual(await thread.ask('look', []), [19, OTHER]);
    assert.equal(getPriority(), before);
  });

  it('runs only where a processor is idle when it is told so, until it is hurried', async (t) => {
    if (!isLinux) return assert.equal(giveWay('idle'), undefined);
    const thread = start(t);
    const name = await thread.ask('giveWay', ['idle']);
    assert.match(`${name}`, /^\d+$/);
    const policy = async () => (await thread.ask('look', []))[1];
    assert.equal(await policy(), hasChrt ? IDLE : OTHER);
    hurry(name, true);
    await until(async () => (await policy()) === OTHER);
    hurry(name, false);
    await until(async () => (await policy()) === (hasChrt ? IDLE : OTHER));
  });

  it('does not give way where answers wait for their records', async (t) => {
    if (!isLinux) return assert.equal(giveWay('none'), undefined);
    const thread = start(t);
    const before = await thread.ask('look', []);
    assert.equal(await thread.ask('giveWay', ['none']), undefined);
    assert.deepEqual(await thread.ask('look', []), before);
  });
});
